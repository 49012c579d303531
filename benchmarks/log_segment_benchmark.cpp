// What a restore through the log is made of: segments of many transactions, and very many segments
// of one. A transaction replaces an entity of about 120 bytes of JSON and creates an edge.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../tests/support/memory_streams.h"
#include "backup/backup_source.h"
#include "backup/log_segment.h"
#include "common/hash.h"
#include "common/value_codec.h"
#include "database/key_codec.h"
#include "io/file_stream.h"

namespace manifolddb {
namespace {

constexpr std::size_t kChanges = 2;  // in a transaction

// Transactions in memory of their own; views into it stay.
struct Script {
  explicit Script(std::size_t count) : keys(count * kChanges), bodies(count * 3) {
    transactions.resize(count);
    std::string scratch;
    ContentDigest digest;
    for (std::size_t i = 0; i < count; ++i) {
      LoggedTransaction& transaction = transactions[i];
      const std::string name = "person " + std::to_string(i);
      keys[2 * i] = id_key(1 + i % 1000);
      keys[2 * i + 1] = id_key(1 + i);
      encode_entity_body({"Person"}, {{"name", name}, {"visits", 1}}, bodies[3 * i]);
      encode_entity_body({"Person"}, {{"name", name}, {"visits", 2}}, bodies[3 * i + 1]);
      encode_edge_body({1}, {1 + i % 1000}, "KNOWS", {{"since", 2026}}, bodies[3 * i + 2]);
      transaction.changes = {
          {RecordKind::entity, keys[2 * i], true, true, bodies[3 * i], bodies[3 * i + 1]},
          {RecordKind::edge, keys[2 * i + 1], false, true, {}, bodies[3 * i + 2]}};
      for (const LoggedRecordChange& change : transaction.changes) {
        if (change.has_before) {
          digest -= record_hash({change.kind, change.key, change.before}, scratch);
        }
        digest += record_hash({change.kind, change.key, change.after}, scratch);
      }
      transaction.commit.sequence_number = {i + 1};
      transaction.commit.committed_at_us = static_cast<std::int64_t>(i + 1) * 1000;
      transaction.commit.content_digest = digest;
      transaction.state.next_entity_id = 1001;
      transaction.state.next_edge_id = count + 1;
      pointers.push_back(&transaction);
    }
  }

  std::string segment() const {
    test::StringSink sink;
    backup::write_log_segment({}, pointers, 1, sink);
    return sink.text;
  }

  std::vector<std::string> keys, bodies;
  std::vector<LoggedTransaction> transactions;
  std::vector<const LoggedTransaction*> pointers;
};

constexpr std::size_t kMany = 50'000;

void report(benchmark::State& state, std::size_t items) {
  const auto iterations = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(iterations * static_cast<std::int64_t>(items));
}

std::size_t read_all(ByteSource& source, unsigned threads, std::size_t& changes) {
  backup::Options options;
  options.threads = threads;
  std::size_t bytes = 0;
  backup::read_log_segment(source, options, "nothing was changed",
                           [&](const backup::SegmentTransaction& transaction) {
                             changes += transaction.change_count;
                             for (std::size_t i = 0; i < transaction.change_count; ++i) {
                               bytes += transaction.change(i).after.size();
                             }
                             return true;
                           });
  return bytes;
}

void BM_WriteSegment(benchmark::State& state) {
  const Script script(kMany);
  for (auto _ : state) benchmark::DoNotOptimize(script.segment());
  report(state, kMany);
}
BENCHMARK(BM_WriteSegment)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

// Transactions a second; the argument is the number of threads.
void BM_ReadSegment(benchmark::State& state) {
  const std::string segment = Script(kMany).segment();
  std::size_t changes = 0;
  for (auto _ : state) {
    backup::BackupSource source(std::make_unique<test::MemorySource>(segment));
    benchmark::DoNotOptimize(read_all(source, static_cast<unsigned>(state.range(0)), changes));
  }
  report(state, kMany);
}
BENCHMARK(BM_ReadSegment)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void BM_WriteTinySegment(benchmark::State& state) {
  const Script script(1);
  for (auto _ : state) benchmark::DoNotOptimize(script.segment());
  report(state, 1);
}
BENCHMARK(BM_WriteTinySegment)->Unit(benchmark::kMicrosecond);

// Segments a second, each opened as a file; the argument is the number of transactions in each.
void BM_ReadTinySegment(benchmark::State& state) {
  const backup::ScratchDirectory folder({});
  const std::filesystem::path file = folder.path() / "segment.jsonl.zst";
  const std::string segment = Script(static_cast<std::size_t>(state.range(0))).segment();
  test::MemorySource stored(segment);
  backup::spool(stored, file);
  std::size_t changes = 0;
  for (auto _ : state) {
    backup::BackupSource source(file);
    benchmark::DoNotOptimize(read_all(source, 0, changes));
  }
  report(state, 1);
}
BENCHMARK(BM_ReadTinySegment)->Arg(1)->Arg(10)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace manifolddb
