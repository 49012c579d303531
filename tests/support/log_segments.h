// Transactions as the log hands them out, made by hand beside the content that they lead to, and
// segments of them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backup/log_segment.h"
#include "backup/record_codec.h"
#include "support/random_graph.h"

namespace manifolddb::test_support {

// Keys and canonical bodies for records.
std::string entity_body(const std::vector<std::string>& labels, const Properties& properties = {});
std::string edge_body(std::uint64_t source, std::uint64_t target, std::string_view type,
                      const Properties& properties = {});

class TransactionScript {
 public:
  // The same database, history and times each time: number `after` was committed at 2026-11-22
  // 21:47:00, each transaction a millisecond behind the one before it.
  explicit TransactionScript(std::uint64_t after = 0);

  // Of the transaction that the next commit ends; a record once in each. put() of what is not there
  // creates it. Sorted at the commit.
  void put(RecordKind kind, std::string_view key, std::string_view body);
  void put_entity(std::uint64_t id, std::string_view body);
  void put_edge(std::uint64_t id, std::string_view body);
  void remove(RecordKind kind, std::string_view key);  // requires that it is there
  void remove_entity(std::uint64_t id);
  void remove_edge(std::uint64_t id);
  bool is_changed(RecordKind kind, std::string_view key) const;
  void commit();
  void commit_bulk(ContentDigest digest);

  // One more transaction of up to so many changes of some of so many records.
  void random_transaction(RandomValues& random, std::size_t changes_max,
                          std::uint64_t records = 30);

  const backup::LogPosition& begin() const { return begin_; }
  std::vector<const LoggedTransaction*> transactions() const;
  LoggedTransaction& transaction(std::size_t index) { return transactions_[index]; }

  std::string segment(int level = 1) const;  // as stored
  std::string lines() const;                 // decompressed

 private:
  std::string_view keep(std::string_view text) { return memory_.emplace_back(text); }
  LoggedTransaction& finish_commit(ContentDigest digest);

  backup::LogPosition begin_;
  StateRecord state_;
  std::map<std::pair<RecordKind, std::string>, std::string> content_;
  std::deque<std::string> memory_;
  std::deque<LoggedTransaction> transactions_;
  LoggedTransaction open_;
};

// The lines of a stored file.
std::string decompressed(const std::string& stored);

// A transaction that was read, with memory of its own.
struct ReadTransactionLines {
  backup::CommitLine commit;
  std::vector<std::string> changes;  // each as its line
  std::vector<ContentDigest> after_hashes;
};
struct ReadSegment {
  backup::Header header;
  std::vector<ReadTransactionLines> transactions;
};
// `bytes`: compressed or not. Throws what read_log_segment throws.
ReadSegment read_segment(const std::string& bytes, unsigned threads = 1,
                         std::size_t transactions_max = SIZE_MAX);

// Lines between a right header (statistics, number, time and digest as `lines` say, all else as
// `like`) and a right envelope, whatever the lines are.
std::string craft_segment(const std::vector<std::string>& lines, const backup::Header& like);

}  // namespace manifolddb::test_support
