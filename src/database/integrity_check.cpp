// The data is the truth that everything else is compared with. Forward: each record must have every
// index row that it calls for, with the right value. Then each index family is counted: as many
// rows as were called for, all of them found, leave no room for a row too many; only where that
// does not hold are its rows looked up one by one, to name them.
#include "database/integrity_check.h"

#include <algorithm>
#include <functional>

#include "common/hash.h"
#include "common/id_set.h"
#include "common/value_codec.h"
#include "database/change_deriver.h"
#include "database/check_context.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

constexpr std::uint64_t kRecordsPerReport = 4096;

class IntegrityCheck : private CheckContext {
 public:
  IntegrityCheck(const Snapshot& view, const ProgressCallback& progress)
      : CheckContext(view), progress_(progress) {}

  CheckReport run() {
    report.stored_digest = state.digest;
    for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
      check_records(kind);
    }
    check_counted(Family::labels, labels_expected_,
                  [this](auto key) { return label_belongs(key); });
    check_counted(Family::outgoing, edge_count_,
                  [this](auto key) { return adjacency_belongs(key, Side::outgoing); });
    check_counted(Family::incoming, edge_count_,
                  [this](auto key) { return adjacency_belongs(key, Side::incoming); });
    check_changes();
    check_tombstones();
    check_counters(*this);
    check_commits();
    check_state();
    return std::move(report);
  }

 private:
  enum class Side { outgoing, incoming };

  void count_progress() {
    if (++report.records_checked % kRecordsPerReport != 0 || !progress_) return;
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
    if (kind == RecordKind::edge) edge_count_ = count;
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
    check_stamp(kind, key, stored.stamp, name);
    try {
      check_body(kind, stored.body);
      if (kind == RecordKind::entity) check_entity(read_be64(key.data()), stored.body, name);
      if (kind == RecordKind::edge) check_edge(read_be64(key.data()), stored.body, name);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      find(name, error.what());
    }
  }

  void check_stamp(RecordKind kind, std::string_view key, std::uint64_t stamp,
                   const std::string& name) {
    if (stamp > state.sequence) {
      find(name, "it was changed by transaction " + std::to_string(stamp) +
                     ", after the last one, " + std::to_string(state.sequence));
      return;
    }
    if (stamp <= state.horizon) return;
    ++puts_expected_;
    change_key(stamp, kind, key, key_);
    if (!get(Family::changes, key_, value_)) {
      find(name, "the change index lacks its entry for transaction " + std::to_string(stamp));
    } else if (value_ != std::string_view(&kPutMark, 1)) {
      find(name, "the change index has another mark for it than `put`");
    }
  }

  void check_entity(std::uint64_t id, std::string_view body, const std::string& name) {
    entities_.append(id);
    if (id >= state.next_entity_id) {
      find(name,
           "the next entity id, " + std::to_string(state.next_entity_id) + ", is not over it");
    }
    decode_labels(body, labels_);
    for (const std::string_view label : labels_) {
      ++labels_expected_;
      label_key(label, id, key_);
      if (!get(Family::labels, key_, value_)) {
        find(name, "the label index lacks it under " + describe_label(label));
      } else if (!value_.empty()) {
        find(name, "its row in the label index has a value");
      }
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
    check_adjacency(Family::outgoing, head.source, head.target, head.edge_type, id, name);
    check_adjacency(Family::incoming, head.target, head.source, head.edge_type, id, name);
  }

  void check_adjacency(Family family, std::uint64_t entity, std::uint64_t other,
                       std::string_view edge_type, std::uint64_t id, const std::string& name) {
    adjacency_key(entity, edge_type, id, key_);
    if (!get(family, key_, value_)) {
      find(name, "the family " + std::string(family_name(family)) + " lacks it");
    } else if (value_ != id_key(other)) {
      find(name, "the family " + std::string(family_name(family)) + " has another entity than " +
                     std::to_string(other) + " at its far end");
    }
  }

  // --- index families --------------------------------------------------------------------------

  void check_counted(Family family, std::uint64_t expected,
                     const std::function<bool(std::string_view)>& belongs) {
    std::uint64_t count = 0;
    for (EngineIterator it = rows(family); it.valid(); it.next()) ++count;
    if (count == expected && report.finding_count == 0) return;
    for (EngineIterator it = rows(family); it.valid(); it.next()) {
      if (!belongs(it.key())) {
        find(row_name(family, it.key()), "no record calls for this row");
      }
    }
  }

  bool find_body(RecordKind kind, std::uint64_t id, std::string_view& body) {
    StoredRecord stored;
    if (!get(record_family(kind), id_key(id), value_) || !parse_stored_record(value_, stored)) {
      return false;
    }
    body = stored.body;
    return true;
  }

  bool label_belongs(std::string_view key) {
    std::string label;
    std::uint64_t id = 0;
    std::string_view body;
    if (!parse_label_key(key, label, id) || !find_body(RecordKind::entity, id, body)) return false;
    try {
      decode_labels(body, labels_);
    } catch (const Error&) {
      return true;  // the entity itself was reported
    }
    return std::find(labels_.begin(), labels_.end(), label) != labels_.end();
  }

  bool adjacency_belongs(std::string_view key, Side side) {
    AdjacencyKey parsed;
    std::string_view body;
    if (!parse_adjacency_key(key, parsed) || !find_body(RecordKind::edge, parsed.edge, body)) {
      return false;
    }
    try {
      const EdgeHead head = decode_edge_head(body);
      return parsed.entity == (side == Side::outgoing ? head.source : head.target) &&
             parsed.edge_type == head.edge_type;
    } catch (const Error&) {
      return true;  // the edge itself was reported
    }
  }

  void check_changes() {
    std::uint64_t puts = 0;
    for (EngineIterator it = rows(Family::changes); it.valid(); it.next()) {
      const std::string_view key = it.key();
      const std::string name = row_name(Family::changes, key);
      if (key.size() < 9 || it.value().size() != 1) {
        find(name, "it is not the entry of a change");
        continue;
      }
      const std::uint64_t sequence = read_be64(key.data());
      if (sequence > state.sequence || sequence <= state.horizon) {
        find(name, "its transaction, " + std::to_string(sequence) +
                       ", is not between the horizon, " + std::to_string(state.horizon) +
                       ", and the last, " + std::to_string(state.sequence));
      }
      if (it.value().front() == kPutMark) {
        ++puts;
        check_put_entry(name, sequence, key.substr(8));
      } else if (it.value().front() != kTombstoneMark) {
        find(name, "its mark is neither `put` nor `tombstone`");
      } else if (!get(Family::tombstones, key.substr(8), value_) || value_ != id_key(sequence)) {
        find(name, "the family tombstones does not agree with it");
      }
    }
    if (puts != puts_expected_ && report.finding_count == 0) {
      find("change index", "it has " + std::to_string(puts) + " entries of live records, not " +
                               std::to_string(puts_expected_));
    }
  }

  void check_put_entry(const std::string& name, std::uint64_t sequence, std::string_view kind_key) {
    const auto kind = static_cast<RecordKind>(kind_key.front());
    StoredRecord stored;
    if ((kind != RecordKind::key_value && kind != RecordKind::entity && kind != RecordKind::edge) ||
        !get(record_family(kind), kind_key.substr(1), value_) ||
        !parse_stored_record(value_, stored) || stored.stamp != sequence) {
      find(name, "no record was last changed by that transaction");
    }
  }

  void check_tombstones() {
    std::uint64_t count = 0;
    for (EngineIterator it = rows(Family::tombstones); it.valid(); it.next()) {
      ++count;
      key_.assign(it.value()).append(it.key());
      if (it.value().size() != 8 || it.key().empty() || !get(Family::changes, key_, value_) ||
          value_ != std::string_view(&kTombstoneMark, 1)) {
        find(row_name(Family::tombstones, it.key()), "the change index does not agree with it");
      }
    }
    if (count != state.tombstone_count) {
      find("counter of tombstones", "it says " + std::to_string(state.tombstone_count) +
                                        ", there are " + std::to_string(count));
    }
  }

  // --- commits and state -----------------------------------------------------------------------

  void check_commits() {
    std::uint64_t next = state.parent_sequence + 1;
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
  IdSet entities_;
  std::uint64_t labels_expected_ = 0;
  std::uint64_t edge_count_ = 0;
  std::uint64_t puts_expected_ = 0;
  std::vector<std::string_view> labels_;
  std::string key_, value_, scratch_;
};

}  // namespace

CheckReport check_integrity(const Snapshot& snapshot, const ProgressCallback& progress) {
  return IntegrityCheck(snapshot, progress).run();
}

}  // namespace manifolddb
