// Loads a graph (entities of about 300 bytes, three edges each) into a fresh database, as a restore
// does: bodies and hashes are there, change entries are not written. Arguments: entities, threads,
// MiB of memory. The folder is that of TMPDIR.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "common/hash.h"
#include "common/value_codec.h"
#include "database/bulk_loader.h"
#include "database/key_codec.h"

namespace manifolddb {
namespace {

constexpr std::uint64_t kEdgesPerEntity = 3;
constexpr std::size_t kBatchBytes = 1u << 20;

class Graph {
 public:
  explicit Graph(std::uint64_t entities) : random_(42) {
    for (std::uint64_t id = 1; id <= entities; ++id) add_entity(id);
    for (std::uint64_t id = 1; id <= entities * kEdgesPerEntity; ++id) add_edge(id, entities);
    next_batch();
  }
  std::vector<ChangeBatch> batches;

 private:
  void add_entity(std::uint64_t id) {
    Properties properties;
    properties["active"] = true;
    properties["age"] = static_cast<std::int64_t>(random_() % 90);
    properties["bio"] = text(120);
    properties["email"] = "someone" + std::to_string(id) + "@example.com";
    properties["joined"] = DateTime{static_cast<std::int32_t>(random_() % 20000), 0, 0, {}};
    properties["name"] = text(20);
    properties["score"] = static_cast<double>(random_() % 100000) / 1000;
    std::vector<std::string> labels = {"Person"};
    if (id % 4 == 0) labels.emplace_back("Employee");
    body_.clear();
    encode_entity_body(labels, properties, body_);
    add(RecordKind::entity, id);
  }
  void add_edge(std::uint64_t id, std::uint64_t entities) {
    Properties properties;
    properties["since"] = static_cast<std::int64_t>(2000 + random_() % 25);
    properties["weight"] = static_cast<double>(random_() % 100000) / 1000;
    body_.clear();
    encode_edge_body(EntityId{1 + random_() % entities}, EntityId{1 + random_() % entities},
                     id % 3 == 0 ? "FOLLOWS" : "KNOWS", properties, body_);
    add(RecordKind::edge, id);
  }
  void add(RecordKind kind, std::uint64_t id) {
    const std::string key = id_key(id);
    const RecordView record{kind, key, body_};
    batch_.add_new(record, record_hash(record, scratch_));
    if (batch_.bytes() > kBatchBytes) next_batch();
  }
  void next_batch() { batches.push_back(std::exchange(batch_, {})); }
  std::string text(std::size_t bytes) {
    static const char* const kWords[] = {"rock ",    "trains ",  "cinema ", "knitting ", "podcast ",
                                         "between ", "physics ", "blues ",  "jazz ",     "quiet "};
    std::string out;
    while (out.size() < bytes) out += kWords[random_() % std::size(kWords)];
    return out;
  }
  std::mt19937_64 random_;
  ChangeBatch batch_;
  std::string body_, scratch_;
};

void BM_LoadIntoFreshDatabase(benchmark::State& state) {
  const auto entities = static_cast<std::uint64_t>(state.range(0));
  const Graph graph(entities);
  const BulkOptions options{.threads = static_cast<unsigned>(state.range(1)),
                            .memory_limit_bytes = static_cast<std::size_t>(state.range(2)) << 20,
                            .indexing = ChangeIndexing::off};
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "bulk_benchmark";
  std::size_t peak_bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove_all(path);
    {
      const auto engine = Engine::open({.path = path, .mode = EngineOptions::Mode::create});
      std::vector<ChangeBatch> batches = graph.batches;
      state.ResumeTiming();
      BulkLoader loader(*engine, 1, options);
      for (ChangeBatch& batch : batches) loader.add(std::move(batch));
      const ChangeTotals totals = loader.finish();
      StateRecord row;
      row.counts.entity_count = static_cast<std::uint64_t>(totals.entity_delta);
      loader.prepare_ingest(row, nullptr);
      engine->sync_log();
      loader.ingest();
      state.PauseTiming();
      peak_bytes = loader.peak_bytes();
    }
    state.ResumeTiming();
  }
  std::filesystem::remove_all(path);
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(entities * (1 + kEdgesPerEntity)));
  state.counters["peak_MiB"] = static_cast<double>(peak_bytes) / (1 << 20);
}

BENCHMARK(BM_LoadIntoFreshDatabase)
    ->Args({100'000, 2, 192})
    ->Args({1'000'000, 2, 192})
    ->Args({1'000'000, 1, 192})
    ->Args({1'000'000, 2, 24})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace manifolddb

BENCHMARK_MAIN();
