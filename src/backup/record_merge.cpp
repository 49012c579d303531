#include "backup/record_merge.h"

#include <optional>
#include <string>
#include <utility>

#include "backup/present_records.h"
#include "common/varint.h"
#include "database/change_deriver.h"
#include "database/key_codec.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

class Merge {
 public:
  Merge(const Snapshot& database, OnConflict policy) : database_(database), policy_(policy) {}

  MergeOutcome run(ChangeBatch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) take(batch.change(i), batch.new_hash(i));
    batch = std::move(changes_);
    return std::move(outcome_);
  }

 private:
  void take(RecordChange change, const ContentDigest* hash) {
    if (!present_ || kind_ != change.kind) {
      kind_ = change.kind;
      present_.emplace(database_, change.kind);
    }
    const std::optional<StoredRecord> old = present_->find(change.key);
    if (!old) return take_new(change, hash);
    if (old->body == change.new_body) return;
    switch (policy_) {
      case OnConflict::fail:
        ++outcome_.conflict_count;
        if (outcome_.conflicts.size() < kConflictsNamedMax) {
          outcome_.conflicts.push_back(describe_record(change.kind, change.key));
        }
        return;
      case OnConflict::skip:
        ++outcome_.skipped_count;
        return;
      case OnConflict::overwrite:
        ++outcome_.overwritten_count;
        change.has_old = true;
        change.old_stamp = old->stamp;
        change.old_body = old->body;
        changes_.add(change);
        return;
    }
  }

  void take_new(RecordChange change, const ContentDigest* hash) {
    if (database_.state().tombstone_count != 0) {
      tombstone_key(change.kind, change.key, tombstone_);
      if (database_.engine().get(Family::tombstones, tombstone_, database_.engine_snapshot(),
                                 sequence_) &&
          sequence_.size() == 8) {
        change.old_tombstone = read_be64(sequence_.data());
      }
    }
    if (change.old_tombstone == 0 && hash != nullptr) {
      changes_.add_new({change.kind, change.key, change.new_body}, *hash);
    } else {
      changes_.add(change);
    }
  }

  const Snapshot& database_;
  OnConflict policy_;
  RecordKind kind_{};
  std::optional<PresentRecords> present_;
  std::string tombstone_, sequence_;
  ChangeBatch changes_;
  MergeOutcome outcome_;
};

}  // namespace

MergeOutcome merge_with_database(const Snapshot& database, OnConflict policy, ChangeBatch& batch) {
  return Merge(database, policy).run(batch);
}

void add_outcome(MergeOutcome&& part, MergeOutcome& whole) {
  whole.skipped_count += part.skipped_count;
  whole.overwritten_count += part.overwritten_count;
  whole.conflict_count += part.conflict_count;
  for (std::string& name : part.conflicts) {
    if (whole.conflicts.size() < kConflictsNamedMax) whole.conflicts.push_back(std::move(name));
  }
}

void refuse_conflicts(const MergeOutcome& outcome, const std::string& source_name) {
  if (outcome.conflict_count == 0) return;
  std::string names;
  for (const std::string& name : outcome.conflicts) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  if (outcome.conflict_count > outcome.conflicts.size()) names.append(" ...");
  throw Error(ErrorCode::conflict,
              std::to_string(outcome.conflict_count) + " records of " + source_name +
                  " exist in the database with another content: " + names,
              "the database was not changed",
              "choose --on-conflict skip (the database's are kept) or overwrite");
}

}  // namespace manifolddb::backup
