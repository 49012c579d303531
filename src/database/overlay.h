// The changes of a write transaction over the records from before it: the new body of each touched
// record, or that it is deleted. A sorted map in memory; over a limit it moves to a scratch engine
// in the database's scratch folder, so that a transaction of any size runs in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/record.h"
#include "database/engine.h"
#include "database/graph_reader.h"

namespace manifolddb {

// One thread, as its transaction.
class Overlay {
 public:
  enum class Found : char {
    untouched = 0,  // the transaction has not changed it: look below
    live = 1,       // the rest of the value is its new form
    deleted = 2,
    taken_along = 3,  // an edge deleted because an end of it was
  };

  Overlay(const Engine& engine, std::size_t memory_bytes_max);
  ~Overlay();

  Found get(RecordKind kind, std::string_view key, std::string& body) const;
  void put(RecordKind kind, std::string_view key, std::string_view body);
  // Requires that the record is there, in the overlay or below.
  void remove(RecordKind kind, std::string_view key, bool taken_along);
  bool empty() const { return memory_.empty() && !scratch_; }
  bool spilled() const { return scratch_ != nullptr; }

  // Touched keys of one family, ascending. Changes made while it is in use are seen or not, but
  // nothing else goes wrong. Must not outlive the overlay.
  class Iterator {
   public:
    Iterator(const Overlay& overlay, Family family, std::string_view first);
    bool next();
    std::string_view key() const { return key_; }
    Found found() const { return static_cast<Found>(value_.front()); }
    std::string_view body() const { return value_.substr(1); }

   private:
    void position(bool after_key);
    const Overlay& overlay_;
    Family family_;
    std::string key_;
    std::string_view value_;
    std::uint64_t generation_ = 0;
    std::map<std::pair<Family, std::string>, std::string>::const_iterator memory_;
    std::optional<EngineIterator> scratch_;
    bool started_ = false;
    bool scratch_is_current_ = false;
  };

  Iterator iterate(RecordKind kind, std::string_view first) const;
  // Rows of live edges of the overlay: keys as adjacency_key makes them, bodies as AdjacencyValue
  // does. Skip what is not live. Kept up to date from the first question on.
  Iterator iterate_adjacent(Side side, std::string_view first);

 private:
  void store(Family family, std::string_view key, Found found, std::string_view body);
  void change_adjacency(std::string_view edge_key, std::string_view edge_body, Found found);
  void build_adjacency();
  void spill();
  Found lookup(Family family, std::string_view key, std::string& body) const;

  const Engine& engine_;
  std::size_t memory_bytes_max_;
  std::size_t memory_bytes_ = 0;
  std::map<std::pair<Family, std::string>, std::string> memory_;
  std::unique_ptr<Engine> scratch_;
  std::uint64_t generation_ = 1;  // grows with each spill: iterators find their place again
  bool adjacency_ready_ = false;
};

}  // namespace manifolddb
