// Every record that some transactions touched, with its state before the first of them and behind
// the last, in order and in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backup/record_sorter.h"
#include "database/transaction_log.h"
#include "manifolddb/graph.h"

namespace manifolddb::backup {

// The last change that is known of a record behind the range; no body, since nobody needs it.
struct LaterChange {
  std::uint64_t sequence = 0;
  bool exists = false;
  ContentDigest hash;                    // record_hash, where it exists
  std::uint64_t source = 0, target = 0;  // of an edge that exists
};

// Its strings keep their memory from record to record.
struct TouchedRecord {
  RecordKind kind{};
  std::string key;
  bool in_range = false;  // false: only later transactions touched it
  // Of one in range; bodies are empty where there is no record.
  bool had_before = false, had_after = false;
  std::string before, after;
  std::optional<LaterChange> later;

  bool is_as_before() const {  // the range, as a whole, left it as it found it
    return had_before == had_after && before == after;
  }
};

// One thread adds; then cursors read.
class TouchedRecords {
 public:
  // `directory` must exist, for scratch files.
  TouchedRecords(const std::filesystem::path& directory, std::size_t memory_limit_bytes)
      : sorter_(directory, memory_limit_bytes) {}

  // Transactions in any order.
  void add_in_range(std::uint64_t sequence, const LoggedRecordChange& change);
  void add_later(std::uint64_t sequence, const LoggedRecordChange& change);
  void finish() { sorter_.finish(); }

  // Ascending by (kind, key), each record once.
  class Cursor {
   public:
    bool next(TouchedRecord& record);  // false at the end

   private:
    friend class TouchedRecords;
    explicit Cursor(RecordSorter::Cursor values) : values_(std::move(values)) {}
    void take(std::string_view value, TouchedRecord& record);
    RecordSorter::Cursor values_;
    std::uint64_t first_ = 0, last_ = 0;  // of those in range that were taken
  };
  Cursor cursor() const { return Cursor(sorter_.cursor()); }

 private:
  RecordSorter sorter_;
  std::string value_;
  std::string scratch_;
};

}  // namespace manifolddb::backup
