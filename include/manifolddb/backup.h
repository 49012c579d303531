// Backup, verification and restore (docs/backup_format.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "manifolddb/database.h"

namespace manifolddb::backup {

enum class Compression { none, zstd };

struct Options {
  unsigned threads = 0;  // workers; 0: as many as the machine has cores
  std::size_t memory_limit_bytes =
      256u << 20;               // for buffers of the run, over the engine's caches; at least 32 MiB
  ProgressCallback progress{};  // called from the calling thread, about 10 times a second
};

struct ExportOptions : Options {
  Compression compression = Compression::none;
  int compression_level = 1;                 // zstd: 1 (fast) to 19 (small)
  std::optional<std::string> description{};  // at most 1 MiB of UTF-8
  std::optional<Uuid> backup_id{};           // default: a new one
};

// The names are the predecessor's; what a backup's header and trailer say.
struct BackupStatistics {
  std::uint64_t entity_count = 0;
  std::uint64_t edge_count = 0;
  std::uint64_t metadata_count = 0;
  std::uint64_t schema_count = 0;
  std::uint64_t deleted_count = 0;
  std::uint64_t total_records = 0;
  std::uint64_t uncompressed_size = 0;  // bytes of JSON lines; not in the file
  friend bool operator==(const BackupStatistics&, const BackupStatistics&) = default;
};

struct BackupSummary {
  BackupStatistics statistics;
  std::uint64_t stored_bytes = 0;  // as written, compressed
  Uuid backup_id;
  Uuid database_id;
  Uuid history_id;
  std::optional<SequenceNumber> previous_sequence;  // of an incremental: it begins behind that
  SequenceNumber sequence_number;
  std::int64_t committed_at_us = 0;
  ContentDigest content_digest;
  bool digest_matches = true;  // false: what was scanned disagrees with what the database recorded;
                               // the backup is whole but must not be trusted: run check
};

// Everything at one durable sequence number, while writers go on. To a file: written under a
// temporary name, fsynced, renamed; an existing file is Error{would_overwrite}; a path inside the
// database is Error{would_overwrite}. To a stream: flushed, not synced.
BackupSummary export_full(const Database& database, const std::filesystem::path& file,
                          const ExportOptions& options = {});
BackupSummary export_full(const Database& database, std::ostream& out,
                          const ExportOptions& options = {});

// The backup that an incremental continues, as its header names it.
struct ParentBackup {
  std::optional<Uuid> backup_id;   // none: given as a sequence number only
  std::optional<Uuid> history_id;  // checked where given
  std::optional<Uuid> database_id;
  SequenceNumber sequence_number;
  std::optional<ContentDigest> content_digest;  // checked where given
};

// What changed behind parent.sequence_number (exclusive) up to the present: the current state of
// every record that was changed, a deletion for every one that is gone. Its cost follows the
// number of changed records. Throws Error{not_restorable} when the parent lies behind the present
// or before the horizon, {wrong_history} when it is of another database or history, or has another
// digest than this history had at its number; `next` says what to do instead. The rest as
// export_full().
BackupSummary export_incremental(const Database& database, const ParentBackup& parent,
                                 const std::filesystem::path& file,
                                 const ExportOptions& options = {});
BackupSummary export_incremental(const Database& database, const ParentBackup& parent,
                                 std::ostream& out, const ExportOptions& options = {});
// The parent is a backup file, whose header is read.
ParentBackup read_parent(const std::filesystem::path& file);

enum class VerifyLevel { structure, records, chain, restore };

struct Damage {
  std::string source;  // file name, "-" for a stream
  std::uint64_t first_line =
      0;  // 1-based; first_line == last_line when the line itself is at fault
  std::uint64_t last_line = 0;
  std::uint64_t first_byte = 0;  // 0-based offset in the uncompressed stream
  std::uint64_t last_byte = 0;   // offset of the last byte of that range
  std::string what;
};

struct VerifyOptions : Options {
  VerifyLevel level = VerifyLevel::chain;
  std::size_t damages_max = 1000;             // listed; the others are counted
  std::filesystem::path scratch_directory{};  // level restore; default: the system's temporary one
};

struct VerifyReport {
  VerifyLevel level_reached = VerifyLevel::structure;  // highest level at which nothing was found
  bool any_level_reached = false;
  std::vector<Damage> damages;
  std::uint64_t damage_count = 0;
  std::vector<std::string> not_checked;  // what this level leaves out, in words
  BackupSummary summary;                 // as the header says, as far as it could be read
  bool ok() const { return damage_count == 0; }
};

// Reads a backup from one end to the other and reports every damage. Throws only when it cannot be
// read at all: not_found, no backup (damaged), newer_format, interrupted.
VerifyReport verify(const std::filesystem::path& file, const VerifyOptions& options = {});
VerifyReport verify(std::istream& in, const VerifyOptions& options = {});

struct ChainReport {
  std::vector<VerifyReport> files;  // one for each file given, in that order
  std::optional<VerifyLevel> level_reached;
  // At level chain and above: what is there at the end that reaches furthest, while `files` tell
  // what is in each file. uncompressed_size is that of all files of that chain.
  std::optional<BackupStatistics> content{};
  // Why the files are no chain (at level chain and above), with the code of cli.md: not_restorable,
  // wrong_history, or damaged for a digest that a link does not lead to. None where a file is
  // damaged by itself: that is told first.
  std::optional<Error> fault;
  bool ok() const;
};

// Files of one or more chains, in any order. Each is checked by itself; level chain also checks
// that every incremental continues a file given and leads to the digest that it states.
ChainReport verify(const std::vector<std::filesystem::path>& files,
                   const VerifyOptions& options = {});

struct RestoreSummary {
  BackupStatistics statistics;
  SequenceNumber sequence_number;
  std::int64_t committed_at_us = 0;
  ContentDigest content_digest;  // read back from the restored database; equals the source's
  Uuid database_id;
  Uuid history_id;
  std::uint64_t skipped_count = 0;      // import with OnConflict::skip
  std::uint64_t overwritten_count = 0;  // import with OnConflict::overwrite
};

// Creates a database at `path`, where nothing may be (Error{would_overwrite}). It happens in a
// temporary sibling, is synced, proved by reading back and renamed: on any error or interruption
// nothing is at `path`. Throws Error{damaged} with line and byte for a bad backup.
RestoreSummary restore(const std::filesystem::path& file, const std::filesystem::path& path,
                       const Options& options = {});
RestoreSummary restore(std::istream& in, const std::filesystem::path& path,
                       const Options& options = {});

struct ChainOptions : Options {
  // The end of a link: the state at this number. Default: the latest that the files reach.
  std::optional<SequenceNumber> to{};
  // The counters of a new database are at least these: the highest that a repository knows, so that
  // ids that were given after the point are not given again. Default: what the backup says.
  std::uint64_t next_entity_id_min = 1, next_edge_id_min = 1;
};

// The same from a full backup and the incrementals that continue it, given in any order; a link
// given twice is used once. All are merged in one pass, newest state first to be taken; the digest
// after every link is checked on the way. Throws Error{not_restorable} for a missing base or link,
// or when no link ends at options.to, {wrong_history} for links of different databases or
// histories, each naming the files and both values.
RestoreSummary restore(const std::vector<std::filesystem::path>& files,
                       const std::filesystem::path& path, const ChainOptions& options);

// A chain as one new full backup at its end, proved by its digest without a database. It has the
// backup_id of the last link: what continues that continues this.
struct MergeOptions : ExportOptions {
  std::optional<SequenceNumber> to{};
  std::filesystem::path scratch_directory{};  // default: the system's temporary one
};
BackupSummary merge(const std::vector<std::filesystem::path>& files,
                    const std::filesystem::path& out, const MergeOptions& options = {});
BackupSummary merge(const std::vector<std::filesystem::path>& files, std::ostream& out,
                    const MergeOptions& options = {});

enum class OnConflict { fail, skip, overwrite };

struct ImportOptions : ChainOptions {  // `to` is for chains only
  OnConflict on_conflict = OnConflict::fail;
};

// Into an open database. One that has never committed anything becomes the restored database (same
// identity as restore()); any other takes the records as one atomic transaction of its own history.
// A record exists when its id (or key) does; a skipped entity keeps its present state, and so do
// edges.
RestoreSummary import(Database& database, const std::filesystem::path& file,
                      const ImportOptions& options = {});
RestoreSummary import(Database& database, std::istream& in, const ImportOptions& options = {});
RestoreSummary import(Database& database, const std::vector<std::filesystem::path>& files,
                      const ImportOptions& options = {});

}  // namespace manifolddb::backup
