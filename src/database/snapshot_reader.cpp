#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "database/change_deriver.h"
#include "database/graph_readers.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

[[noreturn]] void fail_row(const char* family) {
  throw Error(ErrorCode::damaged, std::string("a row of the family ") + family + " cannot be read",
              "nothing was changed", "manifold check lists every damaged row");
}

class StoredRecords final : public RecordCursor::Source {
 public:
  explicit StoredRecords(RecordScan scan) : scan_(std::move(scan)) {}
  bool next(OwnedRecord& out) override {
    RecordView record;
    if (!scan_.next(record)) return false;
    out.key.assign(record.key);
    out.body.assign(record.body);
    return true;
  }

 private:
  RecordScan scan_;
};

// Iterators that wait for the next cursor, of each side: making one costs the engine as much as a
// seek, and who follows a graph needs one for each entity. They keep the files of their time.
using SpareIterators = std::array<std::optional<EngineIterator>, 2>;

// Gives its iterator back at its end, which may come after that of its transaction.
class StoredAdjacency final : public NeighbourCursor::Source {
 public:
  StoredAdjacency(EngineIterator iterator, std::string_view first, Side side,
                  std::shared_ptr<SpareIterators> spares)
      : iterator_(std::move(iterator)), side_(side), spares_(std::move(spares)) {
    iterator_.seek(first);
  }
  ~StoredAdjacency() override { spare_of(*spares_, side_) = std::move(iterator_); }

  static std::optional<EngineIterator>& spare_of(SpareIterators& spares, Side side) {
    return spares[side == Side::outgoing ? 0 : 1];
  }

  bool next(Neighbour& out) override {
    if (started_) iterator_.next();
    started_ = true;
    if (!iterator_.valid()) return false;
    if (!read_neighbour(iterator_.key(), iterator_.value(), scratch_, out)) fail_row("adjacency");
    return true;
  }

 private:
  EngineIterator iterator_;
  Side side_;
  std::shared_ptr<SpareIterators> spares_;
  AdjacencyKey scratch_;
  bool started_ = false;
};

class StoredLabels final : public EntityIdCursor::Source {
 public:
  StoredLabels(EngineIterator iterator, std::string_view prefix) : iterator_(std::move(iterator)) {
    iterator_.seek(prefix);
  }
  bool next(EntityId& out) override {
    if (started_) iterator_.next();
    started_ = true;
    if (!iterator_.valid()) return false;
    if (!parse_label_key(iterator_.key(), label_, out.value)) fail_row("labels");
    return true;
  }

 private:
  EngineIterator iterator_;
  std::string label_;
  bool started_ = false;
};

class SnapshotReader final : public GraphReader {
 public:
  explicit SnapshotReader(std::shared_ptr<const Snapshot> snapshot)
      : snapshot_(std::move(snapshot)) {}

  bool get(RecordKind kind, std::string_view key, std::string& body) const override {
    if (!snapshot_->engine().get(record_family(kind), key, snapshot_->engine_snapshot(), body)) {
      return false;
    }
    StoredRecord stored;
    if (!parse_stored_record(body, stored)) {
      throw Error(ErrorCode::damaged,
                  describe_record(kind, key) + " has a stored form that cannot be read",
                  "nothing was changed", "manifold check lists every damaged record");
    }
    body.erase(0, body.size() - stored.body.size());
    return true;
  }

  RecordCursor scan(RecordKind kind, std::string_view first) const override {
    return RecordCursor(std::make_unique<StoredRecords>(snapshot_->scan(kind, first)));
  }

  NeighbourCursor neighbours(Side side, std::uint64_t entity,
                             std::optional<std::string_view> edge_type,
                             const Neighbour* after) const override {
    const std::string prefix = adjacency_prefix(entity, edge_type);
    const std::string first = after == nullptr ? prefix : key_behind(entity, *after);
    const std::string end = adjacency_end(prefix);
    std::optional<EngineIterator>& spare = StoredAdjacency::spare_of(*spares_, side);
    EngineIterator rows =
        spare ? *std::exchange(spare, std::nullopt)
              : iterate(side == Side::outgoing ? Family::outgoing : Family::incoming, end);
    rows.set_upper_bound(end);
    return NeighbourCursor(
        std::make_unique<StoredAdjacency>(std::move(rows), first, side, spares_));
  }

  EntityIdCursor with_label(std::string_view label) const override {
    std::string prefix;
    append_escaped_name(prefix, label);
    return EntityIdCursor(
        std::make_unique<StoredLabels>(iterate(Family::labels, prefix_end(prefix)), prefix));
  }

 private:
  EngineIterator iterate(Family family, std::string end) const {
    ScanOptions options;
    options.snapshot = snapshot_->engine_snapshot();
    options.upper_bound = std::move(end);
    return snapshot_->engine().iterate(family, options);
  }

  std::shared_ptr<const Snapshot> snapshot_;
  const std::shared_ptr<SpareIterators> spares_ = std::make_shared<SpareIterators>();
};

}  // namespace

std::unique_ptr<GraphReader> make_snapshot_reader(std::shared_ptr<const Snapshot> snapshot) {
  return std::make_unique<SnapshotReader>(std::move(snapshot));
}

}  // namespace manifolddb
