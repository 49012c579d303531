#include "database/index_check.h"

#include <algorithm>

#include "common/hash.h"
#include "common/value_codec.h"
#include "common/varint.h"

namespace manifolddb {

namespace {

std::size_t index_of(Family family) {
  return static_cast<std::size_t>(family);
}

const std::string_view kPut(&kPutMark, 1);
const std::string_view kTombstone(&kTombstoneMark, 1);

}  // namespace

// Takes the rows that a record calls for; its own row and the counters are checked elsewhere.
class IndexCheck::SummingSink final : public ChangeSink {
 public:
  explicit SummingSink(IndexCheck& check) : check_(check) {}
  void put(Family family, std::string_view key, std::string_view value) override {
    if (family == Family::labels || family == Family::outgoing || family == Family::incoming ||
        family == Family::changes) {
      check_.expected_[index_of(family)] += check_.row_hash(key, value);
    }
  }
  void remove(Family, std::string_view) override {}
  void count(std::string_view, std::int64_t) override {}

 private:
  IndexCheck& check_;
};

ContentDigest IndexCheck::row_hash(std::string_view key, std::string_view value) {
  scratch_.clear();
  append_bytes(scratch_, key);
  scratch_.append(value);
  return xxh3_128(scratch_);
}

void IndexCheck::add(RecordKind kind, std::string_view key, const StoredRecord& stored,
                     const ContentDigest& hash) {
  RecordChange change;
  change.kind = kind;
  change.key = key;
  change.has_new = true;
  change.new_body = stored.body;
  ChangeDeriver deriver(stored.stamp, stored.stamp > context_.state.horizon ? ChangeIndexing::on
                                                                            : ChangeIndexing::off);
  SummingSink sink(*this);
  deriver.derive(change, sink, &hash);
}

void IndexCheck::finish() {
  bool lacking = false;
  for (const Family family : {Family::labels, Family::outgoing, Family::incoming}) {
    if (sum_rows(family) != expected_[index_of(family)]) lacking = true;
  }
  ContentDigest puts;
  ContentDigest tombstones;
  const bool changes_sound = sum_changes(puts, tombstones);
  if (puts != expected_[index_of(Family::changes)]) {
    lacking = true;
    name_put_entries();
  }
  const ContentDigest called_for = sum_tombstones();
  if (!changes_sound || tombstones != called_for) name_tombstones();
  if (!lacking) return;
  name_lacking();
  for (const Family family : {Family::labels, Family::outgoing, Family::incoming}) {
    name_superfluous(family);
  }
}

ContentDigest IndexCheck::sum_rows(Family family) {
  ContentDigest sum;
  for (EngineIterator it = context_.rows(family); it.valid(); it.next()) {
    sum += row_hash(it.key(), it.value());
  }
  return sum;
}

// The entries of the change index, by their marks. Also what can be said of each by itself.
bool IndexCheck::sum_changes(ContentDigest& puts, ContentDigest& tombstones) {
  bool sound = true;
  const StateRecord& state = context_.state;
  for (EngineIterator it = context_.rows(Family::changes); it.valid(); it.next()) {
    const std::string_view key = it.key();
    const bool is_put = it.value() == kPut;
    if (key.size() < 9 || (!is_put && it.value() != kTombstone)) {
      context_.find(CheckContext::row_name(Family::changes, key),
                    "it is not the entry of a change");
      sound = false;
      continue;
    }
    const std::uint64_t sequence = read_be64(key.data());
    if (sequence > state.sequence || sequence <= state.horizon) {
      context_.find(CheckContext::row_name(Family::changes, key),
                    "its transaction, " + std::to_string(sequence) +
                        ", is not between the horizon, " + std::to_string(state.horizon) +
                        ", and the last, " + std::to_string(state.sequence));
    }
    (is_put ? puts : tombstones) += row_hash(key, it.value());
  }
  return sound;
}

// The entries of the change index that the family tombstones calls for.
ContentDigest IndexCheck::sum_tombstones() {
  ContentDigest sum;
  std::uint64_t count = 0;
  for (EngineIterator it = context_.rows(Family::tombstones); it.valid(); it.next()) {
    ++count;
    key_.assign(it.value()).append(it.key());
    sum += row_hash(key_, kTombstone);
  }
  if (count != context_.state.tombstone_count) {
    context_.find("counter of tombstones", "it says " +
                                               std::to_string(context_.state.tombstone_count) +
                                               ", there are " + std::to_string(count));
  }
  return sum;
}

// --- naming what is wrong ------------------------------------------------------------------------

void IndexCheck::name_lacking() {
  for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
    for (EngineIterator it = context_.rows(record_family(kind)); it.valid(); it.next()) {
      StoredRecord stored;
      if (!parse_stored_record(it.value(), stored)) continue;
      if (kind != RecordKind::key_value && it.key().size() != 8) continue;
      try {
        name_lacking_rows(kind, it.key(), stored);
      } catch (const Error&) {
        continue;  // its body was reported
      }
    }
  }
}

void IndexCheck::name_lacking_rows(RecordKind kind, std::string_view key,
                                   const StoredRecord& stored) {
  const std::string name = describe_record(kind, key);
  if (stored.stamp > context_.state.horizon) {
    change_key(stored.stamp, kind, key, key_);
    look_up(Family::changes, kPut, name,
            "the change index lacks its entry for transaction " + std::to_string(stored.stamp));
  }
  if (kind == RecordKind::entity) {
    decode_labels(stored.body, labels_);
    for (const std::string_view label : labels_) {
      label_key(label, read_be64(key.data()), key_);
      look_up(Family::labels, {}, name,
              "the label index lacks it under " + CheckContext::describe_label(label));
    }
  } else if (kind == RecordKind::edge) {
    const EdgeHead head = decode_edge_head(stored.body);
    const std::uint64_t id = read_be64(key.data());
    adjacency_key(head.source, head.edge_type, id, key_);
    look_up(Family::outgoing, AdjacencyValue(head.target).bytes(), name,
            "the family outgoing lacks it");
    adjacency_key(head.target, head.edge_type, id, key_);
    look_up(Family::incoming, AdjacencyValue(head.source).bytes(), name,
            "the family incoming lacks it");
  }
}

// The row under key_ must be there and have this value.
void IndexCheck::look_up(Family family, std::string_view value, const std::string& name,
                         const std::string& what) {
  if (!context_.get(family, key_, value_)) {
    context_.find(name, what);
  } else if (value_ != value) {
    context_.find(name, "its row in the family " + std::string(family_name(family)) +
                            " has another value than it should");
  }
}

void IndexCheck::name_superfluous(Family family) {
  for (EngineIterator it = context_.rows(family); it.valid(); it.next()) {
    const bool belongs =
        family == Family::labels
            ? label_belongs(it.key())
            : adjacency_belongs(it.key(),
                                family == Family::outgoing ? Side::outgoing : Side::incoming);
    if (!belongs) {
      context_.find(CheckContext::row_name(family, it.key()), "no record calls for this row");
    }
  }
}

bool IndexCheck::find_body(RecordKind kind, std::uint64_t id, std::string_view& body) {
  StoredRecord stored;
  if (!context_.get(record_family(kind), id_key(id), value_) ||
      !parse_stored_record(value_, stored)) {
    return false;
  }
  body = stored.body;
  return true;
}

bool IndexCheck::label_belongs(std::string_view key) {
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

bool IndexCheck::adjacency_belongs(std::string_view key, Side side) {
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

void IndexCheck::name_put_entries() {
  for (EngineIterator it = context_.rows(Family::changes); it.valid(); it.next()) {
    if (it.key().size() < 9 || it.value() != kPut) continue;
    const std::uint64_t sequence = read_be64(it.key().data());
    const auto kind = static_cast<RecordKind>(it.key()[8]);
    StoredRecord stored;
    if ((kind != RecordKind::key_value && kind != RecordKind::entity && kind != RecordKind::edge) ||
        !context_.get(record_family(kind), it.key().substr(9), value_) ||
        !parse_stored_record(value_, stored) || stored.stamp != sequence) {
      context_.find(CheckContext::row_name(Family::changes, it.key()),
                    "no record was last changed by that transaction");
    }
  }
}

void IndexCheck::name_tombstones() {
  for (EngineIterator it = context_.rows(Family::changes); it.valid(); it.next()) {
    if (it.key().size() < 9 || it.value() != kTombstone) continue;
    if (!context_.get(Family::tombstones, it.key().substr(8), value_) ||
        value_ != it.key().substr(0, 8)) {
      context_.find(CheckContext::row_name(Family::changes, it.key()),
                    "the family tombstones does not agree with it");
    }
  }
  for (EngineIterator it = context_.rows(Family::tombstones); it.valid(); it.next()) {
    key_.assign(it.value()).append(it.key());
    if (it.value().size() != 8 || it.key().empty() ||
        !context_.get(Family::changes, key_, value_) || value_ != kTombstone) {
      context_.find(CheckContext::row_name(Family::tombstones, it.key()),
                    "the change index does not agree with it");
    }
  }
}

}  // namespace manifolddb
