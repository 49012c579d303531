// A chain of backups as the records of its end, in order: what restores and merges read. A full
// backup alone is a chain of one.
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
#include "backup/record_sorter.h"
#include "common/id_set.h"
#include "database/bulk_loader.h"

namespace manifolddb::backup {

// A chain whose base is open.
struct OpenedChain {
  std::unique_ptr<BackupSource> base;
  Chain links;
};

// Reads the headers of all files and finds the chain to `to`; throws as find_chain() does.
OpenedChain open_chain(const std::vector<std::filesystem::path>& files,
                       std::optional<SequenceNumber> to, const std::string& safe);

struct ChainReaderOptions : ReaderOptions {
  std::size_t merge_memory_bytes = 64u << 20;  // for the links' records; more goes to files
  std::filesystem::path scratch_directory{};   // for these; must exist when there are links
  std::string safe;                            // what an Error says is untouched
};

// The links are read first and sorted; then the base is read and merged with them, newest state
// wins. On the way each link's changes are taken from and added to the digest of the one before it,
// so that the content digest at the end of every link is checked, and edges are checked to have
// their ends. One thread calls it.
class ChainReader {
 public:
  // Reads the header of the base, which must be a full backup: Error{not_restorable}, {damaged}.
  ChainReader(BackupSource& base, Chain links, ChainReaderOptions options);

  // The backup at the end. Its statistics are those of the content after read(); before, those of
  // the header when there are no links, else none.
  const Header& header() const { return header_; }
  bool has_links() const { return !links_.empty(); }
  const std::string& base_name() const { return base_.source_name(); }

  // Once. Batches ascend by (kind, key), across calls too. Throws Error{damaged} at the first
  // damage in any file, for a digest that a link does not lead to or an edge without an end.
  using OnRecords = std::function<void(ChangeBatch&& records)>;
  void read(const OnRecords& on_records);

  std::uint64_t uncompressed_size() const { return uncompressed_size_; }  // of all files

 private:
  // What a link says of a record.
  struct Version {
    std::size_t link = 0;
    bool is_deleted = false;
    ContentDigest hash;
    std::string body;
  };

  void read_links();
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
  Header header_;
  std::unique_ptr<ScratchDirectory> scratch_;
  std::optional<RecordSorter> sorter_;
  std::optional<RecordSorter::Cursor> cursor_;
  std::vector<ContentDigest> link_deltas_;  // what each link adds to the digest

  const OnRecords* on_records_ = nullptr;
  ChangeBatch out_;
  // The group of versions of the record at hand; strings keep their memory.
  RecordKind kind_{};
  std::string key_;
  std::vector<Version> versions_;
  std::size_t version_count_ = 0;

  IdSet entities_;          // at the end of the chain; only with links
  IdSet deleted_entities_;  // of the base
  BackupStatistics counts_;
  std::uint64_t uncompressed_size_ = 0;
};

}  // namespace manifolddb::backup
