// What an application does with a database, through the public API:
//
//   graph_access neighbours DB SECONDS   neighbours of random entities, both directions, and the
//                                        same seeks on the engine itself, five times in turn
//   graph_access paths DB COUNT          shortest paths between random entities that have one
//   graph_access commits DB THREADS SECONDS   durable transactions of one new entity
//
// Prints one line of numbers: neighbours: entities/s by the API, entities/s by the engine; paths:
// the median and the largest time in ms, and how many had a path; commits: commits/s.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "generated_graph.h"
#include "guarded_main.h"
#include "manifolddb/database.h"

namespace {

using namespace manifolddb;
using Clock = std::chrono::steady_clock;
using bench::RecordRandom;

constexpr std::uint64_t kEntitiesVisited = 1'000;  // again and again, so that they are warm

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Calls visit(id) for random entities until the time is over, after one round to warm up.
template <typename Visit>
double visits_per_second(std::uint64_t entities, double seconds, Visit visit) {
  std::vector<std::uint64_t> ids;
  RecordRandom random(5, 5);
  for (std::uint64_t i = 0; i < kEntitiesVisited; ++i) ids.push_back(1 + random.below(entities));
  for (const std::uint64_t id : ids) visit(id);
  const auto start = Clock::now();
  std::uint64_t visited = 0;
  while (seconds_since(start) < seconds) {
    for (std::size_t i = 0; i < 1000; ++i) visit(ids[visited++ % ids.size()]);
  }
  return static_cast<double>(visited) / seconds_since(start);
}

double neighbours_by_api(const ReadTransaction& transaction, double seconds, std::uint64_t& edges) {
  Neighbour edge;
  return visits_per_second(transaction.counts().entity_count, seconds, [&](std::uint64_t id) {
    for (auto out = transaction.get_outgoing_neighbours(EntityId{id}); out.next(edge);) ++edges;
    for (auto in = transaction.get_incoming_neighbours(EntityId{id}); in.next(edge);) ++edges;
  });
}

// The engine's own database, with one cache of the size, and filters of the kind, that the library
// gives it.
struct RawEngine {
  explicit RawEngine(const std::string& path) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(manifolddb::DatabaseOptions().cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    std::vector<std::string> names;
    rocksdb::DB::ListColumnFamilies({}, path, &names);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, options);
    const auto status =
        rocksdb::DB::OpenForReadOnly(rocksdb::DBOptions(), path, families, &handles, &database);
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
  ~RawEngine() {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      database->DestroyColumnFamilyHandle(handle);
    }
    delete database;
  }
  RawEngine(const RawEngine&) = delete;
  rocksdb::ColumnFamilyHandle* family(const std::string& name) const {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      if (handle->GetName() == name) return handle;
    }
    throw std::runtime_error("the database has no family " + name);
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
};

double neighbours_by_engine(const RawEngine& engine, std::uint64_t entities, double seconds,
                            std::uint64_t& edges) {
  std::vector<std::unique_ptr<rocksdb::Iterator>> adjacency;
  for (const char* name : {"outgoing", "incoming"}) {
    adjacency.emplace_back(engine.database->NewIterator({}, engine.family(name)));
  }
  return visits_per_second(entities, seconds, [&](std::uint64_t id) {
    std::string prefix;
    for (int shift = 56; shift >= 0; shift -= 8) prefix.push_back(static_cast<char>(id >> shift));
    for (const auto& at : adjacency) {
      for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) ++edges;
    }
  });
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure_neighbours(const std::string& path, double seconds) {
  const Database database = Database::open_read_only(path);
  const ReadTransaction transaction = database.begin_read();
  const RawEngine engine(path + "/engine");
  std::uint64_t edges = 0, engine_edges = 0;
  std::vector<double> by_api, by_engine;
  for (int i = 0; i < 5; ++i) {
    by_api.push_back(neighbours_by_api(transaction, seconds / 10, edges));
    by_engine.push_back(neighbours_by_engine(engine, transaction.counts().entity_count,
                                             seconds / 10, engine_edges));
  }
  if (edges == 0 || engine_edges == 0) throw std::runtime_error("no edges were found");
  std::printf("%.0f %.0f\n", median(by_api), median(by_engine));
}

void measure_paths(const std::string& path, int count) {
  const Database database = Database::open_read_only(path);
  const ReadTransaction transaction = database.begin_read();
  const std::uint64_t entities = transaction.counts().entity_count;
  RecordRandom random(6, 6);
  std::vector<double> times;
  int found = -5;  // the first ones warm up
  for (int i = 0; i < count * 20 && found < count; ++i) {
    const EntityId from{1 + random.below(entities)};
    const EntityId to{1 + random.below(entities)};
    const auto start = Clock::now();
    const bool is_there = transaction.shortest_path(from, to).has_value();
    const double took = seconds_since(start) * 1000;
    if (!is_there || found == count) continue;
    if (++found > 0) times.push_back(took);
  }
  if (times.empty()) throw std::runtime_error("no pair of entities has a path");
  std::printf("%.3f %.3f %d\n", median(times), *std::max_element(times.begin(), times.end()),
              found);
}

void measure_commits(const std::string& path, unsigned count, double seconds) {
  Database database = Database::open(path);
  std::atomic<std::uint64_t> commits{0};
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      while (seconds_since(start) < seconds) {
        WriteTransaction transaction = database.begin();
        transaction.create_entity({"Person"}, {{"name", "Ada"}, {"age", std::int64_t{36}}});
        transaction.commit();
        ++commits;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%.1f\n", static_cast<double>(commits.load()) / seconds_since(start));
}

void run(int argc, char** argv) {
  const std::string job = argc > 3 ? argv[1] : "";
  if (job == "neighbours") {
    measure_neighbours(argv[2], std::stod(argv[3]));
  } else if (job == "paths") {
    measure_paths(argv[2], std::stoi(argv[3]));
  } else if (job == "commits" && argc == 5) {
    measure_commits(argv[2], static_cast<unsigned>(std::stoul(argv[3])), std::stod(argv[4]));
  } else {
    throw std::runtime_error("usage: graph_access neighbours|paths|commits DB ...");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return manifolddb::bench::run_guarded(run, argc, argv);
}
