// Reading a graph in record form: over a snapshot, or over a snapshot and the changes of a write
// transaction. The public Transaction is a thin decoder on top.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/record.h"
#include "manifolddb/transaction.h"

namespace manifolddb {

// A record that owns its bytes.
struct OwnedRecord {
  std::string key;
  std::string body;
};

enum class Side { outgoing, incoming };

using RecordCursor = Cursor<OwnedRecord>;

// Same rules as Transaction: one thread, cursors end before the reader.
class GraphReader {
 public:
  virtual ~GraphReader() = default;
  // False when absent; `body` keeps its memory.
  virtual bool get(RecordKind kind, std::string_view key, std::string& body) const = 0;
  // Ascending by key, from `first` on, inclusive.
  virtual RecordCursor scan(RecordKind kind, std::string_view first) const = 0;
  // Ascending by (type, edge id); from behind `after`, exclusive, if it is given.
  virtual NeighbourCursor neighbours(Side side, std::uint64_t entity,
                                     std::optional<std::string_view> edge_type,
                                     const Neighbour* after = nullptr) const = 0;
  // Ascending by id.
  virtual EntityIdCursor with_label(std::string_view label) const = 0;
};

}  // namespace manifolddb
