// The changes of a write transaction over the records from before it: the new body of each touched
// record, or that it is deleted. A sorted map in memory; over a limit it moves to a scratch engine
// beside the database, so that a transaction of any size runs in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/record.h"
#include "database/engine.h"
#include "database/graph_reader.h"

namespace manifolddb {

// One thread, as its transaction.
class Overlay {
 public:
  enum class Found {
    untouched,  // the transaction has not changed it: look below
    live,       // `body` is its new form
    deleted,
    taken_along,  // an edge deleted because an end of it was
  };

  Overlay(const Engine& engine, std::size_t memory_bytes_max);
  ~Overlay();

  Found get(RecordKind kind, std::string_view key, std::string& body) const;
  void put(RecordKind kind, std::string_view key, std::string_view body);
  void remove(RecordKind kind, std::string_view key, bool taken_along);
  bool empty() const { return memory_.empty() && !scratch_; }
  bool spilled() const { return scratch_ != nullptr; }

  // Touched records of one kind, ascending by key, from `first` on. Changes made while it is in use
  // are seen or not, but nothing else goes wrong.
  class RecordIterator {
   public:
    virtual ~RecordIterator() = default;
    virtual bool next() = 0;
    virtual std::string_view key() const = 0;
    virtual Found found() const = 0;  // never untouched
    virtual std::string_view body() const = 0;
  };
  std::unique_ptr<RecordIterator> iterate(RecordKind kind, std::string_view first) const;

  // Live edges of the overlay at an entity: keys as adjacency_key makes them, ascending; from the
  // first question on they are kept up to date.
  struct Adjacent {
    std::string key;
    std::uint64_t other;
  };
  // The first entry at or after `key` that begins with `prefix`.
  std::optional<Adjacent> next_adjacent(Side side, std::string_view key, std::string_view prefix);

 private:
  class MergedIterator;
  std::size_t entry_bytes(std::string_view key, std::string_view value) const;
  void store(Family family, std::string key, std::string value);
  void erase_adjacency(std::string_view edge_key, std::string_view body);
  void add_adjacency(std::string_view edge_key, std::string_view body);
  void build_adjacency();
  void spill();
  std::optional<std::string> lookup(Family family, std::string_view key) const;

  // Family and key to value; a value's first byte says what it is.
  using Key = std::pair<Family, std::string>;
  const Engine& engine_;
  std::size_t memory_bytes_max_;
  std::size_t memory_bytes_ = 0;
  std::map<Key, std::string> memory_;
  std::unique_ptr<Engine> scratch_;
  bool adjacency_ready_ = false;
};

}  // namespace manifolddb
