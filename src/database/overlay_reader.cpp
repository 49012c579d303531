// Merges a snapshot with an overlay: each cursor has one cursor below and one iterator above, both
// ascending, and whatever the overlay has touched hides what lies below.
#include <algorithm>

#include "common/value_codec.h"
#include "database/graph_readers.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

using Found = Overlay::Found;

class RecordSource final : public RecordCursor::Source {
 public:
  RecordSource(RecordCursor below, Overlay::Iterator above)
      : below_(std::move(below)), above_(std::move(above)) {
    has_below_ = below_.next(record_);
    has_above_ = above_.next();
  }

  bool next(OwnedRecord& out) override {
    while (has_below_ || has_above_) {
      const bool below_first = has_below_ && (!has_above_ || record_.key < above_.key());
      if (below_first) {
        out = record_;
        has_below_ = below_.next(record_);
        return true;
      }
      if (has_below_ && record_.key == above_.key()) has_below_ = below_.next(record_);
      const bool live = above_.found() == Found::live;
      if (live) {
        out.key.assign(above_.key());
        out.body.assign(above_.body());
      }
      has_above_ = above_.next();
      if (live) return true;
    }
    return false;
  }

 private:
  RecordCursor below_;
  Overlay::Iterator above_;
  OwnedRecord record_;
  bool has_below_ = false;
  bool has_above_ = false;
};

class AdjacencySource final : public NeighbourCursor::Source {
 public:
  AdjacencySource(NeighbourCursor below, Overlay::Iterator above, const Overlay& overlay,
                  std::string prefix)
      : below_(std::move(below)),
        above_(std::move(above)),
        overlay_(overlay),
        prefix_(std::move(prefix)) {
    move_below();
    move_above();
  }

  bool next(Neighbour& out) override {
    if (!has_below_ && !has_above_) return false;
    const bool below_first =
        has_below_ && (!has_above_ || std::tie(below_edge_.edge_type, below_edge_.edge) <
                                          std::tie(above_edge_.edge_type, above_edge_.edge));
    out = below_first ? below_edge_ : above_edge_;
    if (below_first) {
      move_below();
    } else {
      move_above();
    }
    return true;
  }

 private:
  // An edge that the overlay has touched is listed above, or gone.
  void move_below() {
    do {
      has_below_ = below_.next(below_edge_);
    } while (has_below_ && overlay_.get(RecordKind::edge, id_key(below_edge_.edge.value),
                                        scratch_) != Found::untouched);
  }

  void move_above() {
    has_above_ = false;
    while (above_.next() && above_.key().starts_with(prefix_)) {
      if (above_.found() != Found::live) continue;
      if (!read_neighbour(above_.key(), above_.body(), scratch_key_, above_edge_)) {
        throw Error(ErrorCode::invariant, "a transaction's own adjacency row cannot be read");
      }
      has_above_ = true;
      return;
    }
  }

  NeighbourCursor below_;
  Overlay::Iterator above_;
  const Overlay& overlay_;
  std::string prefix_;
  std::string scratch_;
  AdjacencyKey scratch_key_;
  Neighbour below_edge_, above_edge_;
  bool has_below_ = false;
  bool has_above_ = false;
};

class LabelSource final : public EntityIdCursor::Source {
 public:
  LabelSource(EntityIdCursor below, Overlay::Iterator above, const Overlay& overlay,
              std::string_view label)
      : below_(std::move(below)), above_(std::move(above)), overlay_(overlay), label_(label) {
    move_below();
    move_above();
  }

  bool next(EntityId& out) override {
    if (!has_below_ && !has_above_) return false;
    if (has_below_ && (!has_above_ || below_id_ < above_id_)) {
      out = below_id_;
      move_below();
    } else {
      out = above_id_;
      move_above();
    }
    return true;
  }

 private:
  void move_below() {
    do {
      has_below_ = below_.next(below_id_);
    } while (has_below_ && overlay_.get(RecordKind::entity, id_key(below_id_.value), scratch_) !=
                               Found::untouched);
  }

  void move_above() {
    has_above_ = false;
    while (above_.next()) {
      if (above_.found() != Found::live) continue;
      decode_labels(above_.body(), labels_);
      if (!std::binary_search(labels_.begin(), labels_.end(), std::string_view(label_))) continue;
      above_id_.value = read_be64(above_.key().data());
      has_above_ = true;
      return;
    }
  }

  EntityIdCursor below_;
  Overlay::Iterator above_;
  const Overlay& overlay_;
  std::string label_;
  std::string scratch_;
  std::vector<std::string_view> labels_;
  EntityId below_id_, above_id_;
  bool has_below_ = false;
  bool has_above_ = false;
};

class OverlayReader final : public GraphReader {
 public:
  OverlayReader(std::shared_ptr<const Snapshot> snapshot, Overlay& overlay)
      : below_(make_snapshot_reader(std::move(snapshot))), overlay_(overlay) {}

  bool get(RecordKind kind, std::string_view key, std::string& body) const override {
    const Found found = overlay_.get(kind, key, body);
    return found == Found::untouched ? below_->get(kind, key, body) : found == Found::live;
  }

  RecordCursor scan(RecordKind kind, std::string_view first) const override {
    return RecordCursor(
        std::make_unique<RecordSource>(below_->scan(kind, first), overlay_.iterate(kind, first)));
  }

  NeighbourCursor neighbours(Side side, std::uint64_t entity,
                             std::optional<std::string_view> edge_type,
                             const Neighbour* after) const override {
    const std::string prefix = adjacency_prefix(entity, edge_type);
    const std::string first = after == nullptr ? prefix : key_behind(entity, *after);
    return NeighbourCursor(std::make_unique<AdjacencySource>(
        below_->neighbours(side, entity, edge_type, after), overlay_.iterate_adjacent(side, first),
        overlay_, prefix));
  }

  EntityIdCursor with_label(std::string_view label) const override {
    return EntityIdCursor(std::make_unique<LabelSource>(
        below_->with_label(label), overlay_.iterate(RecordKind::entity, {}), overlay_, label));
  }

 private:
  std::unique_ptr<GraphReader> below_;
  Overlay& overlay_;
};

}  // namespace

std::unique_ptr<GraphReader> make_overlay_reader(std::shared_ptr<const Snapshot> snapshot,
                                                 Overlay& overlay) {
  return std::make_unique<OverlayReader>(std::move(snapshot), overlay);
}

}  // namespace manifolddb
