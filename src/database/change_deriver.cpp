#include "database/change_deriver.h"

#include <algorithm>

#include "common/value_codec.h"
#include "common/varint.h"
#include "database/key_codec.h"

namespace manifolddb {

Family record_family(RecordKind kind) {
  switch (kind) {
    case RecordKind::entity:
      return Family::entities;
    case RecordKind::edge:
      return Family::edges;
    case RecordKind::key_value:
      break;
  }
  return Family::metadata;
}

ChangeTotals& ChangeTotals::operator+=(const ChangeTotals& other) {
  digest_delta += other.digest_delta;
  entity_delta += other.entity_delta;
  edge_delta += other.edge_delta;
  metadata_delta += other.metadata_delta;
  tombstone_delta += other.tombstone_delta;
  put_count += other.put_count;
  deleted_count += other.deleted_count;
  entity_id_max = std::max(entity_id_max, other.entity_id_max);
  edge_id_max = std::max(edge_id_max, other.edge_id_max);
  return *this;
}

void ChangeDeriver::derive(const RecordChange& change, ChangeSink& sink,
                           const ContentDigest* new_hash) {
  const Family family = record_family(change.kind);
  if (change.has_old) {
    totals_.digest_delta -= record_hash({change.kind, change.key, change.old_body}, scratch_);
  }
  if (change.has_new) {
    const ContentDigest hash =
        new_hash != nullptr ? *new_hash
                            : record_hash({change.kind, change.key, change.new_body}, scratch_);
    totals_.digest_delta += hash;
    value_.clear();
    append_stored_record(sequence_, static_cast<std::uint32_t>(hash.low), change.new_body, value_);
    sink.put(family, change.key, value_);
    ++totals_.put_count;
  } else {
    sink.remove(family, change.key);
    ++totals_.deleted_count;
  }

  const std::int64_t delta = (change.has_new ? 1 : 0) - (change.has_old ? 1 : 0);
  switch (change.kind) {
    case RecordKind::entity:
      totals_.entity_delta += delta;
      if (change.has_new) {
        totals_.entity_id_max = std::max(totals_.entity_id_max, read_be64(change.key.data()));
      }
      derive_entity(change, sink);
      break;
    case RecordKind::edge:
      totals_.edge_delta += delta;
      if (change.has_new) {
        totals_.edge_id_max = std::max(totals_.edge_id_max, read_be64(change.key.data()));
      }
      derive_edge(change, sink);
      break;
    case RecordKind::key_value:
      totals_.metadata_delta += delta;
      break;
  }
  if (indexing_ == ChangeIndexing::on) index_change(change, sink);
}

void ChangeDeriver::derive_entity(const RecordChange& change, ChangeSink& sink) {
  const std::uint64_t id = read_be64(change.key.data());
  old_labels_.clear();
  new_labels_.clear();
  if (change.has_old) decode_labels(change.old_body, old_labels_);
  if (change.has_new) decode_labels(change.new_body, new_labels_);
  // Both are ascending: one pass finds what left and what came.
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < old_labels_.size() || j < new_labels_.size()) {
    if (j == new_labels_.size() || (i < old_labels_.size() && old_labels_[i] < new_labels_[j])) {
      label_key(old_labels_[i], id, key_);
      sink.remove(Family::labels, key_);
      sink.count(label_counter_key(old_labels_[i++]), -1);
    } else if (i == old_labels_.size() || new_labels_[j] < old_labels_[i]) {
      label_key(new_labels_[j], id, key_);
      sink.put(Family::labels, key_, {});
      sink.count(label_counter_key(new_labels_[j++]), 1);
    } else {
      ++i;
      ++j;
    }
  }
}

void ChangeDeriver::derive_edge(const RecordChange& change, ChangeSink& sink) {
  const std::uint64_t id = read_be64(change.key.data());
  EdgeHead before;
  EdgeHead after;
  if (change.has_old) before = decode_edge_head(change.old_body);
  if (change.has_new) after = decode_edge_head(change.new_body);
  const bool same_ends = change.has_old && change.has_new && before.source == after.source &&
                         before.target == after.target && before.edge_type == after.edge_type;
  if (same_ends) return;
  // One of the two rows keeps its key when only the far end changes: a put then replaces it.
  if (change.has_old) {
    const bool same_type = change.has_new && before.edge_type == after.edge_type;
    if (!same_type || before.source != after.source) {
      adjacency_key(before.source, before.edge_type, id, key_);
      sink.remove(Family::outgoing, key_);
    }
    if (!same_type || before.target != after.target) {
      adjacency_key(before.target, before.edge_type, id, key_);
      sink.remove(Family::incoming, key_);
    }
    if (!same_type) sink.count(type_counter_key(before.edge_type), -1);
  }
  if (change.has_new) {
    adjacency_key(after.source, after.edge_type, id, key_);
    sink.put(Family::outgoing, key_, AdjacencyValue(after.target).bytes());
    adjacency_key(after.target, after.edge_type, id, key_);
    sink.put(Family::incoming, key_, AdjacencyValue(after.source).bytes());
    if (!change.has_old || before.edge_type != after.edge_type) {
      sink.count(type_counter_key(after.edge_type), 1);
    }
  }
}

void ChangeDeriver::index_change(const RecordChange& change, ChangeSink& sink) {
  if (change.has_old) {
    change_key(change.old_stamp, change.kind, change.key, key_);
    sink.remove(Family::changes, key_);
  } else if (change.old_tombstone != 0) {
    change_key(change.old_tombstone, change.kind, change.key, key_);
    sink.remove(Family::changes, key_);
    tombstone_key(change.kind, change.key, key_);
    sink.remove(Family::tombstones, key_);
    --totals_.tombstone_delta;
  }
  change_key(sequence_, change.kind, change.key, key_);
  const char mark = change.has_new ? kPutMark : kTombstoneMark;
  sink.put(Family::changes, key_, {&mark, 1});
  if (!change.has_new) {
    tombstone_key(change.kind, change.key, key_);
    char sequence[8];
    write_be64(sequence, sequence_);
    sink.put(Family::tombstones, key_, {sequence, 8});
    ++totals_.tombstone_delta;
  }
}

}  // namespace manifolddb
