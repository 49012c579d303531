// A chain of backups, and archived log behind it, as the records of its end, in order: what
// restores and merges read. A full backup alone is a chain of one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/backup_source.h"
#include "backup/chain.h"
#include "backup/file_reader.h"
#include "backup/log_tail.h"
#include "backup/record_sorter.h"
#include "common/id_set.h"
#include "database/bulk_loader.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

// A chain whose base is open.
struct OpenedChain {
  std::unique_ptr<BackupSource> base;
  Chain links;
  LogTail tail{};
  bool is_merged() const { return !links.empty() || !tail.empty(); }
};

// Reads the headers of all files and finds the chain to `to`; throws as find_chain() does.
OpenedChain open_chain(const std::vector<std::filesystem::path>& files,
                       std::optional<SequenceNumber> to, const std::string& safe);

// The files of a repository's plan.
OpenedChain open_chain(const BackupChain& chain, const std::string& safe);

struct ChainReaderOptions : ReaderOptions {
  // For the records of links and log; more goes to files in a folder that must exist when there are
  // any.
  std::size_t merge_memory_bytes = 64u << 20;
  std::filesystem::path scratch_directory{};
  std::string safe;  // what an Error says is untouched
};

// The links and the log are read first and sorted; then the base is read and merged with them,
// newest state wins. On the way each link's changes are taken from and added to the digest of the
// one before it, so that the content digest at the end of every link is checked, and edges are
// checked to have their ends. Of the log, each transaction's digest follows from its own lines
// (log_tail.h); that all of them together lead from the chain's end to the digest at the point is
// checked here. One thread calls it.
class ChainReader {
 public:
  // Reads the header of the base, which must be a full backup: Error{not_restorable}, {damaged}.
  ChainReader(BackupSource& base, Chain links, ChainReaderOptions options);
  ChainReader(OpenedChain& chain, ChainReaderOptions options);  // which must outlive it

  // The backup at the end; with log behind it, as a backup there would say, time, digest and
  // counters after read(). Its statistics are those of the content after read(); before, those of
  // the header when nothing is merged, else none.
  const Header& header() const { return header_; }
  bool is_merged() const { return sorter_.has_value(); }
  const std::string& base_name() const { return base_.source_name(); }

  // Once. Batches ascend by (kind, key), across calls too. Throws Error{damaged} at the first
  // damage in any file, for a digest that a link does not lead to or an edge without an end.
  using OnRecords = std::function<void(ChangeBatch&& records)>;
  void read(const OnRecords& on_records);

  std::uint64_t uncompressed_size() const { return uncompressed_size_; }  // of all backups

 private:
  // What a link, or a transaction of the log, says of a record.
  struct Version {
    std::uint64_t order = 0;  // index of the link; behind them, transaction after transaction
    bool is_deleted = false;
    ContentDigest hash;
    std::string body;
  };

  ChainReader(BackupSource& base, Chain links, LogTail tail, ChainReaderOptions options);

  void read_links();
  void read_tail();
  std::string end_name() const;
  void take_link_block(std::size_t link, const ParsedBlock& block);
  void merge_block(ParsedBlock& block);
  void merge_rest();
  bool cursor_is_before(RecordKind kind, std::string_view key) const;
  bool cursor_is_at(RecordKind kind, std::string_view key) const;
  void take_versions();
  void merge_versions(const ContentDigest* base_hash);
  void pass_block(ParsedBlock& block);
  void pass_record(const RecordView& record, const ContentDigest& hash);
  void put(const RecordView& record, const ContentDigest& hash);
  void check_ends(std::uint64_t edge, std::uint64_t source, std::uint64_t target) const;
  void count(RecordKind kind);
  void flush();
  void check_digests() const;

  ChainReaderOptions options_;
  FileReader base_;
  Chain links_;
  LogTail tail_;
  Header header_;
  LogPosition tail_begin_;  // the end of the chain
  std::unique_ptr<ScratchDirectory> scratch_;
  std::optional<RecordSorter> sorter_;
  std::optional<RecordSorter::Cursor> cursor_;
  std::vector<ContentDigest> link_deltas_;  // what each link adds to the digest; last: the log

  const OnRecords* on_records_ = nullptr;
  ChangeBatch out_;
  // The group of versions of the record at hand; strings keep their memory.
  RecordKind kind_{};
  std::string key_;
  std::vector<Version> versions_;
  std::size_t version_count_ = 0;

  IdSet entities_;          // at the end; only when something is merged
  IdSet deleted_entities_;  // of the base
  BackupStatistics counts_;
  std::uint64_t uncompressed_size_ = 0;  // of backups
};

}  // namespace manifolddb::backup
