// The loops that every record passes through in a backup, a verification and a restore. One record
// in four is an entity of about 400 bytes of JSON, the others are edges of about 150: what a social
// graph looks like.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "backup/record_codec.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "common/value_codec.h"
#include "common/varint.h"

namespace manifolddb {
namespace {

constexpr std::size_t kRecords = 20'000;

struct Record {
  RecordKind kind;
  std::string key;
  std::string body;
};

double unit(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
}

Record make_entity(std::uint64_t id, std::mt19937_64& random) {
  static const std::string kWords[] = {"graph", "typography", "東京",   "café",  "mountains",
                                       "quiet", "doctor",     "Kraków", "music", "storage"};
  std::string bio;
  while (bio.size() < 60 + random() % 150) bio += kWords[random() % 10] + " ";
  const Properties properties{
      {"active", random() % 2 == 0},
      {"age", static_cast<std::int64_t>(random() % 90)},
      {"bio", bio},
      {"email", "user" + std::to_string(id) + "@mail.example.org"},
      {"joined", DateTime{static_cast<std::int32_t>(random() % 20000),
                          static_cast<std::int64_t>(random() % 86400) * 1'000'000'000,
                          std::int16_t{0},
                          {}}},
      {"name", "Søren Dvořák " + std::to_string(id)},
      {"score", unit(random) * 100}};
  Record record{RecordKind::entity, {}, {}};
  append_be64(record.key, id);
  encode_entity_body({"Person"}, properties, record.body);
  return record;
}

Record make_edge(std::uint64_t id, std::mt19937_64& random) {
  const Properties properties{{"since", static_cast<std::int64_t>(1990 + random() % 35)},
                              {"weight", unit(random)}};
  Record record{RecordKind::edge, {}, {}};
  append_be64(record.key, id);
  encode_edge_body({random() % 1'000'000 + 1}, {random() % 1'000'000 + 1}, "KNOWS", properties,
                   record.body);
  return record;
}

const std::vector<Record>& records() {
  static const std::vector<Record> kMade = [] {
    std::mt19937_64 random(1);
    std::vector<Record> made;
    for (std::uint64_t id = 1; id <= kRecords; ++id) {
      made.push_back(id % 4 == 0 ? make_entity(id, random) : make_edge(id, random));
    }
    return made;
  }();
  return kMade;
}

std::string all_lines() {
  std::string lines;
  for (const Record& record : records()) {
    append_record_line({record.kind, record.key, record.body}, lines);
  }
  return lines;
}

void report(benchmark::State& state, std::size_t bytes_each_time) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRecords));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes_each_time));
}

void BM_WriteLines(benchmark::State& state) {
  std::string lines;
  for (auto _ : state) {
    lines.clear();
    for (const Record& record : records()) {
      append_record_line({record.kind, record.key, record.body}, lines);
    }
    benchmark::DoNotOptimize(lines.data());
  }
  report(state, lines.size());
}
BENCHMARK(BM_WriteLines);

void parse_lines(benchmark::State& state, backup::Strictness strictness) {
  std::string lines = all_lines();
  const std::size_t size = lines.size();
  lines.append(backup::kLinePadding, '\0');
  backup::LineParser parser(strictness);
  backup::ParsedLine parsed;
  backup::LineError error;
  for (auto _ : state) {
    for (std::size_t at = 0; at < size;) {
      const std::size_t end = lines.find('\n', at);
      if (!parser.parse({lines.data() + at, end - at}, parsed, error)) {
        return state.SkipWithError(error.what.c_str());
      }
      at = end + 1;
    }
  }
  report(state, size);
}
void BM_ParseStrict(benchmark::State& state) {
  parse_lines(state, backup::Strictness::strict);
}
BENCHMARK(BM_ParseStrict);
void BM_ParseTolerant(benchmark::State& state) {
  parse_lines(state, backup::Strictness::tolerant);
}
BENCHMARK(BM_ParseTolerant);

std::size_t body_bytes() {
  std::size_t bytes = 0;
  for (const Record& record : records()) bytes += record.body.size();
  return bytes;
}

void BM_HashRecords(benchmark::State& state) {
  std::string scratch;
  ContentDigest digest;
  for (auto _ : state) {
    for (const Record& record : records()) {
      digest += record_hash({record.kind, record.key, record.body}, scratch);
    }
    benchmark::DoNotOptimize(digest);
  }
  report(state, body_bytes());
}
BENCHMARK(BM_HashRecords);

void BM_CheckBodies(benchmark::State& state) {
  for (auto _ : state) {
    for (const Record& record : records()) check_body(record.kind, record.body);
  }
  report(state, body_bytes());
}
BENCHMARK(BM_CheckBodies);

}  // namespace
}  // namespace manifolddb
