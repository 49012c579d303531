#include "migrate/record_target.h"

#include <algorithm>
#include <utility>

#include "backup/ordered_pipeline.h"
#include "common/varint.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kTargetBatchBytes = 256u << 10;

BulkOptions bulk_options(const ImportOptions& options, bool into_existing) {
  BulkOptions bulk;
  bulk.threads = backup::worker_count(options.threads);
  bulk.memory_limit_bytes = ImportMemory(options.memory_limit_bytes).loader_bytes;
  bulk.indexing = into_existing ? ChangeIndexing::on : ChangeIndexing::off;
  return bulk;
}

}  // namespace

ImportMemory::ImportMemory(std::size_t limit_bytes) {
  const std::size_t limit = std::max(limit_bytes, kLimitMin);
  id_map_bytes = limit / 4;
  sorter_bytes = limit / 16;
  loader_bytes = limit / 2;
}

RecordTarget::RecordTarget(DatabaseCore* core, const ImportOptions& options)
    : core_(core), options_(options) {
  if (core_ == nullptr) return;
  const std::shared_ptr<const Snapshot> present = core_->snapshot();
  state_ = present->state();
  if (state_.sequence != 0) snapshot_ = present;
  if (options_.dry_run) return;
  loader_.emplace(core_->engine(), state_.sequence + 1,
                  bulk_options(options_, snapshot_ != nullptr));
}

std::size_t RecordTarget::line_bytes_max() const {
  return core_ == nullptr ? kLineBytesMaxDefault : core_->options().line_bytes_max;
}

bool RecordTarget::has_entity(std::uint64_t id) const {
  if (snapshot_ == nullptr) return false;
  std::string key;
  append_be64(key, id);
  return snapshot_->engine().get(Family::entities, key, snapshot_->engine_snapshot()).has_value();
}

void RecordTarget::add(RecordKind kind, std::uint64_t id, std::string_view body) {
  if (core_ == nullptr) return;
  key_.clear();
  append_be64(key_, id);
  add(kind, key_, body);
}

void RecordTarget::raise_counters(std::uint64_t next_entity_id, std::uint64_t next_edge_id) {
  next_entity_id_min_ = std::max(next_entity_id_min_, next_entity_id);
  next_edge_id_min_ = std::max(next_edge_id_min_, next_edge_id);
}

void RecordTarget::add(RecordKind kind, std::string_view key, std::string_view body) {
  if (core_ == nullptr) return;
  RecordChange change;
  change.kind = kind;
  change.key = key;
  change.has_new = true;
  change.new_body = body;
  batch_.add(change);
  if (batch_.bytes() >= kTargetBatchBytes) flush();
}

void RecordTarget::flush() {
  if (batch_.size() == 0) return;
  ChangeBatch batch = std::exchange(batch_, {});
  if (snapshot_ != nullptr) {
    backup::add_outcome(backup::merge_with_database(*snapshot_, options_.on_conflict, batch),
                        outcome_);
  }
  if (loader_ && outcome_.conflict_count == 0) loader_->add(std::move(batch));
}

StateRecord RecordTarget::commit(const std::string& source_name) {
  flush();
  backup::refuse_conflicts(outcome_, source_name);
  if (!loader_) return state_;
  const ChangeTotals totals = loader_->finish();
  const bool raises_counters =
      next_entity_id_min_ > state_.next_entity_id || next_edge_id_min_ > state_.next_edge_id;
  // A transaction without a change has no number; a new database may begin with its counters alone.
  if (totals.put_count == 0 && (snapshot_ != nullptr || !raises_counters)) return state_;
  CommitRecord commit;
  commit.bulk = true;
  core_->advance(state_, commit, totals);
  state_.next_entity_id = std::max(state_.next_entity_id, next_entity_id_min_);
  state_.next_edge_id = std::max(state_.next_edge_id, next_edge_id_min_);
  if (snapshot_ == nullptr) {
    // As a restore: the new database begins with this number, and has no changes behind it.
    state_.horizon = state_.sequence;
    state_.horizon_digest = state_.digest;
    core_->ingest_transaction(*loader_, state_, nullptr);
  } else {
    core_->ingest_transaction(*loader_, state_, &commit);
  }
  return state_;
}

}  // namespace manifolddb::migrate
