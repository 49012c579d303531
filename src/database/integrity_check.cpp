// The data is the truth that everything else is compared with: records first, each by itself; then
// the index families (index_check), the counters (counter_check), the commits and the state.
#include "database/integrity_check.h"

#include "common/hash.h"
#include "common/id_set.h"
#include "common/value_codec.h"
#include "database/change_deriver.h"
#include "database/check_context.h"
#include "database/index_check.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

constexpr std::uint64_t kRecordsPerCall = 4096;

class IntegrityCheck : private CheckContext {
 public:
  IntegrityCheck(const Snapshot& view, const ProgressCallback& progress)
      : CheckContext(view), progress_(progress), indexes_(*this) {}

  CheckReport run() {
    report.stored_digest = state.digest;
    try {
      compare_everything();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      name_damaged_tables(error);
    }
    return std::move(report);
  }

 private:
  void compare_everything() {
    for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
      check_records(kind);
    }
    indexes_.finish();
    check_counters(*this);
    check_commits();
    check_state();
  }

  // What was compared until then says nothing about what cannot be read.
  void name_damaged_tables(const Error& error) {
    const std::vector<DamagedTable> tables =
        engine.find_damaged_tables([this] { report_progress(); });
    if (tables.empty()) throw error;
    for (const DamagedTable& table : tables) {
      find("table engine/" + table.file, "cannot be read whole: " + table.what +
                                             "; it holds rows of the family " +
                                             std::string(family_name(table.family)) + ", from " +
                                             describe_key(table.family, table.first_key) + " to " +
                                             describe_key(table.family, table.last_key));
    }
    find("everything else", "was not compared to the end, because of that");
  }

  static std::string describe_key(Family family, std::string_view key) {
    for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
      if (record_family(kind) == family) return describe_record(kind, key);
    }
    return row_name(family, key);
  }

  void count_progress() {
    if (++report.records_checked % kRecordsPerCall == 0) report_progress();
  }

  void report_progress() const {
    if (!progress_) return;
    const GraphCounts& counts = state.counts;
    if (!progress_(report.records_checked,
                   counts.entity_count + counts.edge_count + counts.metadata_count)) {
      throw Error(ErrorCode::interrupted, "stopped while checking the database",
                  "nothing was changed");
    }
  }

  // --- data ------------------------------------------------------------------------------------

  void check_records(RecordKind kind) {
    const Family family = record_family(kind);
    std::uint64_t count = 0;
    for (EngineIterator it = rows(family); it.valid(); it.next()) {
      count_progress();
      ++count;
      const std::string_view key = it.key();
      StoredRecord stored;
      if (kind != RecordKind::key_value && (key.size() != 8 || !valid_id(read_be64(key.data())))) {
        find(row_name(family, key), "its key is no id");
        continue;
      }
      if (!parse_stored_record(it.value(), stored)) {
        find(describe_record(kind, key), "its stored form cannot be read");
        continue;
      }
      check_record(kind, key, stored);
    }
    const std::uint64_t expected = kind == RecordKind::entity ? state.counts.entity_count
                                   : kind == RecordKind::edge ? state.counts.edge_count
                                                              : state.counts.metadata_count;
    if (count != expected) {
      find("counter of the family " + std::string(family_name(family)),
           "it says " + std::to_string(expected) + ", there are " + std::to_string(count));
    }
  }

  static bool valid_id(std::uint64_t id) { return id != 0 && id <= kIdMax; }

  void check_record(RecordKind kind, std::string_view key, const StoredRecord& stored) {
    const std::string name = describe_record(kind, key);
    const ContentDigest hash = record_hash({kind, key, stored.body}, scratch_);
    report.computed_digest += hash;
    if (static_cast<std::uint32_t>(hash.low) != stored.checksum) {
      find(name, "its content does not match its checksum");
    }
    if (stored.stamp > state.sequence) {
      find(name, "it was changed by transaction " + std::to_string(stored.stamp) +
                     ", after the last one, " + std::to_string(state.sequence));
    }
    try {
      check_body(kind, stored.body);
      if (kind == RecordKind::entity) check_entity(read_be64(key.data()), name);
      if (kind == RecordKind::edge) check_edge(read_be64(key.data()), stored.body, name);
      indexes_.add(kind, key, stored, hash);
    } catch (const Error& error) {
      find(name, error.what());
    }
  }

  void check_entity(std::uint64_t id, const std::string& name) {
    entities_.append(id);
    if (id >= state.next_entity_id) {
      find(name,
           "the next entity id, " + std::to_string(state.next_entity_id) + ", is not over it");
    }
  }

  void check_edge(std::uint64_t id, std::string_view body, const std::string& name) {
    const EdgeHead head = decode_edge_head(body);
    if (id >= state.next_edge_id) {
      find(name, "the next edge id, " + std::to_string(state.next_edge_id) + ", is not over it");
    }
    for (const std::uint64_t end : {head.source, head.target}) {
      if (!entities_.contains(end)) {
        find(name, "it names entity " + std::to_string(end) + ", which does not exist");
      }
    }
  }

  // --- commits and state -----------------------------------------------------------------------

  void check_commits() {
    std::uint64_t next = state.horizon + 1;
    std::int64_t last_time = 0;
    ContentDigest last_digest = state.digest;
    bool last_seen = false;
    for (EngineIterator it = rows(Family::commits); it.valid(); it.next()) {
      CommitRecord commit;
      try {
        commit = decode_commit(it.key(), it.value());
      } catch (const Error& error) {
        find(row_name(Family::commits, it.key()), error.what());
        if (it.key().size() == 8 && read_be64(it.key().data()) == next) ++next;
        continue;
      }
      const std::uint64_t sequence = commit.sequence_number.value;
      const std::string name = "commits row of transaction " + std::to_string(sequence);
      if (sequence > state.sequence || sequence < next) {
        find(name, "there is no such transaction");
        continue;
      }
      for (; next < sequence; ++next) {
        find("commits row of transaction " + std::to_string(next), "it is missing");
      }
      ++next;
      if (commit.committed_at_us <= last_time) find(name, "its time is not after the one before");
      last_time = commit.committed_at_us;
      last_digest = commit.content_digest;
      last_seen = sequence == state.sequence;
    }
    for (; next <= state.sequence; ++next) {
      find("commits row of transaction " + std::to_string(next), "it is missing");
    }
    if (last_seen && (last_digest != state.digest || last_time != state.committed_at_us)) {
      find("commits row of transaction " + std::to_string(state.sequence),
           "its digest or time is not that of the state row");
    }
  }

  void check_state() {
    for (EngineIterator it = rows(Family::system); it.valid(); it.next()) {
      if (it.key() != kStateKey) find(row_name(Family::system, it.key()), "it has no meaning");
    }
    if (report.computed_digest != state.digest) {
      find("content digest", "recorded is " + state.digest.to_hex() + ", the records have " +
                                 report.computed_digest.to_hex());
    }
  }

  const ProgressCallback& progress_;
  IndexCheck indexes_;
  IdSet entities_;
  std::string scratch_;
};

}  // namespace

CheckReport check_integrity(const Snapshot& snapshot, const ProgressCallback& progress) {
  return IntegrityCheck(snapshot, progress).run();
}

}  // namespace manifolddb
