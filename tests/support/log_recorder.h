// Segments of what a database committed, made by comparing its content before and after: what an
// archiver writes, without one.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backup/log_segment.h"
#include "manifolddb/database.h"
#include "manifolddb/repository.h"

namespace manifolddb::test_support {

class LogRecorder {
 public:
  explicit LogRecorder(const Database& database);  // begins behind the present

  // After at most one commit. False when nothing was committed since the last call.
  bool record();

  std::uint64_t first() const { return begin_.sequence + 1; }
  std::uint64_t last() const { return begin_.sequence + transactions_.size(); }
  bool is_bulk(std::uint64_t sequence) const { return at(sequence).commit.bulk; }
  const CommitRecord& commit(std::uint64_t sequence) const { return at(sequence).commit; }

  // The segment of these transactions, both included; compressed bytes.
  std::string segment(std::uint64_t first, std::uint64_t last) const;
  // Stores it under its name; the path.
  std::filesystem::path store(const backup::Repository& repository, std::uint64_t first,
                              std::uint64_t last) const;
  // Everything in segments of at most `transactions_max`, bulk transactions apart.
  void store_all(const backup::Repository& repository, std::size_t transactions_max) const;
  // What an archiver would note behind `last`.
  backup::ArchiveNote note(std::uint64_t last) const;
  void store_note(const backup::Repository& repository, const backup::ArchiveNote& note) const;

 private:
  using Content = std::map<std::pair<RecordKind, std::string>, std::string>;
  Content read() const;
  const LoggedTransaction& at(std::uint64_t sequence) const {
    return transactions_[sequence - begin_.sequence - 1];
  }
  std::string_view keep(std::string_view text) { return memory_.emplace_back(text); }

  const Database& database_;
  backup::LogPosition begin_;
  Content content_;
  std::deque<LoggedTransaction> transactions_;
  std::deque<std::string> memory_;
};

}  // namespace manifolddb::test_support
