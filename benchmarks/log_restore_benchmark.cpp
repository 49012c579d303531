// A restore through the log: a base of 10,000 entities and 100,000 transactions of one record
// behind it, in few large segments and in very many small ones; and the base alone, to subtract.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backup/log_segment.h"
#include "common/hash.h"
#include "common/value_codec.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "manifolddb/repository.h"
#include "repository/object_names.h"
#include "repository/object_store.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEntities = 10'000;
constexpr std::uint64_t kTransactions = 100'000;

std::string person_body(std::uint64_t id, std::uint64_t visits) {
  std::string body;
  encode_entity_body(
      {"Person"},
      {{"name", "person " + std::to_string(id)}, {"visits", static_cast<std::int64_t>(visits)}},
      body);
  return body;
}

// A repository in a folder of its own, removed at the end.
class LoggedRepository {
 public:
  explicit LoggedRepository(std::uint64_t transactions_in_a_segment)
      : folder_(fs::temp_directory_path() / ("manifold-log-restore-" + std::to_string(::getpid()) +
                                             "-" + std::to_string(transactions_in_a_segment))) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    Database database = Database::in_memory();
    WriteTransaction transaction = database.begin();
    for (std::uint64_t id = 1; id <= kEntities; ++id) {
      Entity entity;
      entity.id = {id};
      entity.labels = {"Person"};
      entity.properties = {{"name", "person " + std::to_string(id)}, {"visits", std::int64_t{0}}};
      transaction.put_entity(entity);
    }
    transaction.commit();
    repository_.emplace(
        backup::Repository::open_or_create(folder_ / "repo", database.statistics().database_id));
    repository_->back_up(database);
    if (transactions_in_a_segment != 0) {
      store_log(database.core().snapshot()->state(), transactions_in_a_segment);
    }
  }
  ~LoggedRepository() { fs::remove_all(folder_); }
  LoggedRepository(const LoggedRepository&) = delete;
  LoggedRepository& operator=(const LoggedRepository&) = delete;

  // Of the segments, as stored.
  std::uint64_t log_bytes() const {
    std::uint64_t bytes = 0;
    for (const backup::ArchivedLog& log : repository_->catalogue().logs) {
      for (const backup::LogSegment& segment : log.segments) bytes += segment.stored_bytes;
    }
    return bytes;
  }

  void restore() const {
    const fs::path copy = folder_ / "copy";
    fs::remove_all(copy);
    backup::restore(repository_->open_chain({}), copy);
  }

 private:
  void store_log(StateRecord state, std::uint64_t transactions_in_a_segment) {
    const repository::ObjectStore store(repository_->path());
    std::vector<std::string> bodies;
    for (std::uint64_t id = 1; id <= kEntities; ++id) bodies.push_back(person_body(id, 0));
    std::string scratch;
    for (std::uint64_t first = 0; first < kTransactions; first += transactions_in_a_segment) {
      const backup::LogPosition begin{state.database_id, state.history_id, state.sequence,
                                      state.digest};
      std::vector<LoggedTransaction> transactions(transactions_in_a_segment);
      std::vector<std::string> memory;
      memory.reserve(3 * transactions_in_a_segment);
      std::vector<const LoggedTransaction*> views;
      for (std::uint64_t i = 0; i < transactions_in_a_segment; ++i) {
        const std::uint64_t id = 1 + (first + i) % kEntities;
        const std::string& key = memory.emplace_back(id_key(id));
        const std::string& before = memory.emplace_back(bodies[id - 1]);
        const std::string& after = memory.emplace_back(person_body(id, first + i + 1));
        bodies[id - 1] = after;
        state.digest -= record_hash({RecordKind::entity, key, before}, scratch);
        state.digest += record_hash({RecordKind::entity, key, after}, scratch);
        ++state.sequence;
        ++state.committed_at_us;
        LoggedTransaction& transaction = transactions[i];
        transaction.commit.sequence_number = {state.sequence};
        transaction.commit.committed_at_us = state.committed_at_us;
        transaction.commit.content_digest = state.digest;
        transaction.state = state;
        transaction.changes.push_back({RecordKind::entity, key, true, true, before, after});
        views.push_back(&transaction);
      }
      store.put(repository::segment_object(state.history_id.to_string(), begin.sequence + 1,
                                           state.sequence, false),
                [&](ByteSink& sink) { backup::write_log_segment(begin, views, 1, sink); });
    }
  }

  fs::path folder_;
  std::optional<backup::Repository> repository_;
};

void restore_through_the_log(benchmark::State& state) {
  const LoggedRepository repository(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) repository.restore();
  if (state.range(0) == 0) return;
  state.counters["transactions"] = benchmark::Counter(
      static_cast<double>(kTransactions) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
  state.counters["log_bytes"] = static_cast<double>(repository.log_bytes());
}
// 0: the base alone.
BENCHMARK(restore_through_the_log)
    ->Arg(0)
    ->Arg(10'000)
    ->Arg(5)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace manifolddb
