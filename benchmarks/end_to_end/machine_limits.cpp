// What this machine's parts can do at best, on one core, with the benchmark's graph:
//
//   machine_limits tables PEOPLE DIRECTORY   sorted tables of all records and both adjacency
//                                            indexes, in key/value form, written and ingested
//   machine_limits scan DIRECTORY            the records of those tables read in order
//   machine_limits json FILE                 every line parsed to a document (simdjson's DOM)
//   machine_limits fdatasync FILE            one small append and its sync, the median of 500
//
// Prints the seconds; `tables` also the bytes of its directory.
#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "generated_graph.h"
#include "guarded_main.h"

namespace {

using namespace manifolddb::bench;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void expect(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

constexpr std::array<const char*, 4> kFamilies = {"nodes", "edges", "outgoing", "incoming"};

rocksdb::Options engine_options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 16u << 10;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

struct Store {
  explicit Store(const std::string& directory) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, engine_options()}};
    for (const char* name : kFamilies) families.emplace_back(name, engine_options());
    expect(rocksdb::DB::Open(engine_options(), directory, families, &handles, &database));
  }
  ~Store() {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      database->DestroyColumnFamilyHandle(handle);
    }
    delete database;
  }
  Store(const Store&) = delete;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;  // the default one first
  rocksdb::DB* database = nullptr;
};

void append_number(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
void append_text(std::string& out, const std::string& text) {
  out.push_back(static_cast<char>(text.size()));
  out += text;
}
template <typename T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

std::string person_value(const Person& p) {
  std::string out;
  out.push_back(static_cast<char>(p.employee | p.active << 1));
  append_text(out, p.name);
  append_text(out, p.email);
  append_text(out, p.bio.substr(0, 255));
  append_text(out, p.joined);
  append_raw(out, static_cast<std::int32_t>(p.age));
  append_raw(out, p.score);
  return out;
}

std::string relation_value(const Relation& r) {
  std::string out(1, static_cast<char>(r.follows));
  append_number(out, r.source);
  append_number(out, r.target);
  append_raw(out, static_cast<std::int32_t>(r.since));
  append_raw(out, r.weight);
  return out;
}

struct Pair {
  std::string key, value;
};
using Pairs = std::vector<std::vector<Pair>>;  // by family

// In memory and sorted before the clock starts: only the engine's work is measured.
Pairs make_pairs(std::uint64_t people) {
  Pairs pairs(kFamilies.size());
  for (std::uint64_t id = 1; id <= people; ++id) {
    std::string key;
    append_number(key, id);
    pairs[0].push_back({std::move(key), person_value(make_person(id, 0))});
  }
  for (std::uint64_t id = 1; id <= people * 3; ++id) {
    const Relation relation = make_relation(id, people);
    std::string key;
    append_number(key, id);
    pairs[1].push_back({std::move(key), relation_value(relation)});
    for (const bool outgoing : {true, false}) {
      std::string adjacent;
      append_number(adjacent, outgoing ? relation.source : relation.target);
      adjacent.push_back(static_cast<char>(relation.follows));
      append_number(adjacent, id);
      pairs[outgoing ? 2 : 3].push_back({std::move(adjacent), {}});
    }
  }
  for (std::size_t family = 2; family < 4; ++family) {
    std::sort(pairs[family].begin(), pairs[family].end(),
              [](const Pair& a, const Pair& b) { return a.key < b.key; });
  }
  return pairs;
}

double write_tables(std::uint64_t people, const std::string& directory) {
  const Pairs pairs = make_pairs(people);
  std::filesystem::remove_all(directory);
  Store store(directory);
  const auto start = Clock::now();
  std::vector<rocksdb::IngestExternalFileArg> ingested;
  for (std::size_t family = 0; family < kFamilies.size(); ++family) {
    rocksdb::IngestExternalFileArg& files = ingested.emplace_back();
    files.column_family = store.handles[family + 1];
    files.options.move_files = true;
    std::unique_ptr<rocksdb::SstFileWriter> writer;
    std::size_t bytes = 0;
    const auto finish = [&] {
      if (writer) expect(writer->Finish());
      writer.reset();
    };
    for (const Pair& pair : pairs[family]) {
      if (!writer || bytes > 128u << 20) {
        finish();
        bytes = 0;
        writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), engine_options());
        files.external_files.push_back(directory + "/new" + std::to_string(family) + "_" +
                                       std::to_string(files.external_files.size()) + ".sst");
        expect(writer->Open(files.external_files.back()));
      }
      expect(writer->Put(pair.key, pair.value));
      bytes += pair.key.size() + pair.value.size();
    }
    finish();
  }
  expect(store.database->IngestExternalFiles(ingested));
  return seconds_since(start);
}

std::uint64_t directory_bytes(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

double scan(const std::string& directory) {
  Store store(directory);
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2u << 20;
  const auto start = Clock::now();
  std::uint64_t bytes = 0;
  for (std::size_t family = 0; family < 2; ++family) {
    const std::unique_ptr<rocksdb::Iterator> at(
        store.database->NewIterator(options, store.handles[family + 1]));
    for (at->SeekToFirst(); at->Valid(); at->Next()) bytes += at->key().size() + at->value().size();
    expect(at->status());
  }
  if (bytes == 0) throw std::runtime_error("there is nothing in " + directory);
  return seconds_since(start);
}

double parse_json(const std::string& path) {
  const simdjson::padded_string text = simdjson::padded_string::load(path);
  simdjson::dom::parser parser;
  parser.threaded = false;
  const auto start = Clock::now();
  std::uint64_t lines = 0;
  for (const simdjson::dom::element line : parser.parse_many(text, 64u << 20)) {
    lines += line.is_object();
  }
  if (lines == 0) throw std::runtime_error("no lines in " + path);
  return seconds_since(start);
}

double sync_latency(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) throw std::runtime_error("cannot write " + path);
  std::vector<double> times;
  const std::string block(256, 'x');
  for (int i = 0; i < 500; ++i) {
    const auto start = Clock::now();
    if (::write(file, block.data(), block.size()) < 0 || ::fdatasync(file) != 0) {
      throw std::runtime_error("cannot sync " + path);
    }
    times.push_back(seconds_since(start));
  }
  ::close(file);
  std::filesystem::remove(path);
  std::nth_element(times.begin(), times.begin() + 250, times.end());
  return times[250];
}

void run(int argc, char** argv) {
  const std::string job = argc > 2 ? argv[1] : "";
  if (job == "tables" && argc == 4) {
    const double seconds = write_tables(std::strtoull(argv[2], nullptr, 10), argv[3]);
    std::printf("%.6f %llu\n", seconds, static_cast<unsigned long long>(directory_bytes(argv[3])));
  } else if (job == "scan") {
    std::printf("%.6f\n", scan(argv[2]));
  } else if (job == "json") {
    std::printf("%.6f\n", parse_json(argv[2]));
  } else if (job == "fdatasync") {
    std::printf("%.6f\n", sync_latency(argv[2]));
  } else {
    throw std::runtime_error("usage: machine_limits tables|scan|json|fdatasync ...");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return manifolddb::bench::run_guarded(run, argc, argv);
}
