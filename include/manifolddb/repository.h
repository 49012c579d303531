// A repository: a folder that holds the backups of one database, each with what is known of it
// (docs/repository_format.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifolddb/backup.h"
#include "manifolddb/database.h"

namespace manifolddb::backup {

enum class BackupKind { full, incremental };

// What a repository knows of one backup. It is written last, when the backup has been stored, read
// again and found sound, so that what has a manifest is a backup.
struct Manifest {
  BackupKind kind = BackupKind::full;
  Uuid backup_id, database_id, history_id;
  std::optional<Uuid> parent_backup_id;             // of an incremental
  std::optional<SequenceNumber> previous_sequence;  // of an incremental
  SequenceNumber sequence_number;
  std::int64_t created_at_us = 0;
  std::optional<std::int64_t> committed_at_us;  // none: nothing was ever committed
  ContentDigest content_digest;
  std::optional<ContentDigest> previous_content_digest;
  BackupStatistics statistics;
  std::uint64_t next_entity_id = 1, next_edge_id = 1;
  std::optional<std::string> description;  // its first kDescriptionBytesMax bytes
  std::string data_file;                   // in the backup's folder
  std::uint64_t stored_bytes = 0;
  std::string sha256;  // of the stored bytes; 64 lower-case hex digits
  VerifyLevel verified_level = VerifyLevel::structure;  // reached when it was taken
  std::int64_t verified_at_us = 0;
  bool digest_matches = true;  // as BackupSummary::digest_matches; false: it never counts as proved
  // Where its history came from, as the database said; none for the first history, and in manifests
  // of versions that did not write it.
  std::optional<Uuid> parent_history_id{};
  std::optional<SequenceNumber> parent_sequence_number{};
  // When its history began: with its first own transaction or its first backup here, whichever came
  // first. Every manifest says it, so that prune takes it from nobody. None in manifests of
  // versions that did not write it.
  std::optional<std::int64_t> history_began_at_us{};

  static constexpr std::size_t kDescriptionBytesMax = 1024;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

enum class FaultKind {
  damaged_manifest,
  unreadable_manifest,  // by the system: it may be sound, and nothing is written meanwhile
  missing_manifest,     // data without a manifest, and nothing says that they were to go
  newer_format,
  missing_file,
  truncated,
  damaged_data,  // bytes or records that are not those that were stored
  foreign,       // of another database, or of another backup
  extra_file,    // belongs to no backup
  broken_chain,  // what it continues is not there, or is something else
  missing_log,   // archived transactions that the archiver named no gap, and that are not there
};

struct RepositoryFault {
  FaultKind kind = FaultKind::damaged_data;
  std::string backup_id;  // as its folder is called; empty: not of a backup
  std::string file;       // from the repository's root
  std::string what;
};

struct CatalogueEntry {
  std::string id;                       // as its folder is called
  std::optional<Manifest> manifest;     // none when it cannot be read
  std::vector<RepositoryFault> faults;  // as far as names, sizes and manifests tell
  bool is_of_another_database = false;  // says a whole manifest: it is none of this repository's
  bool proved = false;  // its own files are there, and what was read when it was taken was right
  bool restorable = false;            // so is everything that it continues, down to a full backup
  std::optional<std::size_t> parent;  // index of the entry that it continues
};

// Archived transactions, both ends included: log/<history>/<first>-<last>.jsonl.zst. Segments of
// bulk transactions (their commits and nothing else) are apart, so that names alone tell what a
// restore can pass.
struct LogSegment {
  Uuid history_id;
  SequenceNumber first, last;
  bool bulk = false;
  std::uint64_t stored_bytes = 0;
  std::string object;  // from the repository's root
};

// Transactions, both included, that are in no segment, though they lie between two, or between a
// backup and the first one, or the archiver noted them: their log was gone before it could be
// archived.
struct LogGap {
  SequenceNumber first, last;
  friend bool operator==(const LogGap&, const LogGap&) = default;
};

// What the archiver of a history notes in log/<history>/complete.json: always behind the segments
// that it speaks of, never ahead of them.
struct ArchiveNote {
  Uuid database_id, history_id;
  SequenceNumber sequence_number;  // every transaction up to it was archived, but for the gaps
  std::optional<std::int64_t> committed_at_us;  // of it; none: nothing was ever committed
  ContentDigest content_digest;                 // at it
  // Nothing that was committed before is missing behind sequence_number.
  std::int64_t complete_until_us = 0;
  // Where the history came from, as in a manifest.
  std::optional<Uuid> parent_history_id{};
  std::optional<SequenceNumber> parent_sequence_number{};
  // Gaps between the segments, ascending, the last kGapsMax of them. Anything else that is missing
  // between two segments was there once: it is a fault.
  std::vector<LogGap> gaps{};

  static constexpr std::size_t kGapsMax = 1000;
  friend bool operator==(const ArchiveNote&, const ArchiveNote&) = default;
};

// What is archived of one history.
struct ArchivedLog {
  Uuid history_id;
  std::vector<LogSegment> segments;  // ascending by first and by last: none is covered by another
  std::vector<LogSegment> covered;   // the others; nothing is restored from them
  std::vector<LogGap> gaps;          // ascending
  std::optional<ArchiveNote> note;   // none: never noted, or damaged
};

// A stretch of points that can be restored, each transaction of it; both ends included.
struct RestorableRange {
  Uuid history_id;
  SequenceNumber first, last;
  // Commit times of both ends, where manifests and notes tell (Repository::window(): the log too).
  std::optional<std::int64_t> first_committed_at_us{}, last_committed_at_us{};
  // Nothing that was committed up to that time is missing behind `last`. None: not known.
  std::optional<std::int64_t> complete_until_us{};
};

// Where a history came from: `parent` is none for the first one, and for one whose parent nothing
// in the repository names.
struct HistoryNode {
  Uuid history_id;
  std::optional<Uuid> parent_history_id;
  SequenceNumber parent_sequence_number;
};

// Which point a restore shall reach. A time selects the last transaction committed at or before it.
struct RecoveryTarget {
  enum class Kind { latest, sequence, time, backup } kind = Kind::latest;
  SequenceNumber sequence_number;
  std::int64_t time_us = 0;
  std::string backup_id;  // its first letters
  // Default. latest: the newest history; sequence: the one that has the number, Error{usage} where
  // several do; time: the newest one that had begun then (docs/repository_format.md, "Targets").
  std::optional<Uuid> history_id{};
};

// How a point is reached: the cheapest of the ways that there are, in stored bytes.
struct RestorePlan {
  RecoveryTarget wanted;
  Uuid database_id, history_id;
  SequenceNumber sequence_number;               // the point
  std::optional<std::int64_t> committed_at_us;  // of it, where the repository can tell
  std::optional<ContentDigest> content_digest;  // at it, likewise
  std::vector<Manifest> backups;                // a full one and its links, oldest first
  std::vector<LogSegment> segments;             // behind the last backup, gap-free, to the point
  std::uint64_t stored_bytes = 0;               // of all of them
  std::uint64_t record_count = 0;  // lines of the backups; those of the log are not known
  std::uint64_t next_entity_id = 1, next_edge_id = 1;  // the highest that the repository names
  // The highest number of that history that the repository names; over sequence_number for `latest`
  // when what is behind a gap cannot be restored.
  SequenceNumber highest_known;
};

// What a repository held at one moment.
struct Catalogue {
  Uuid database_id;
  std::vector<CatalogueEntry> entries;  // oldest first; without a manifest: last
  std::vector<RepositoryFault> faults;  // of what belongs to no backup
  std::vector<std::string>
      unfinished;  // what writers that were killed left; the next one cleans up

  std::vector<ArchivedLog> logs;       // in the order of `histories`
  std::vector<HistoryNode> histories;  // of backups and logs, parents first, then by age

  static constexpr std::size_t kEntriesMax = 100'000;
  static constexpr std::size_t kSegmentsMax = 1'000'000;  // of all histories

  // Everything that can be restored, in the order of `histories`, then by number; neighbours are
  // one range.
  std::vector<RestorableRange> window() const;

  const ArchivedLog* log_of(const Uuid& history_id) const;  // null: nothing is archived of it
  // The history whose id begins with these letters (at least 4). Error{usage} for less and for what
  // fits several, {not_found}.
  Uuid resolve_history(std::string_view letters) const;

  const CatalogueEntry* find(const Uuid& backup_id) const;
  // The newest restorable one; null when there is none.
  const CatalogueEntry* newest_restorable() const;
  // From the full backup to the entry itself, as far as it is there.
  std::vector<const CatalogueEntry*> chain_of(const CatalogueEntry& entry) const;
  // "latest", "seq:N" or the first letters (at least 4) of an id. "latest" is the newest backup
  // that there is. Throws Error{not_found}, {usage} for an id that fits several, {not_restorable}
  // with the window for a number at which no backup ends, {damaged} for a newest backup that cannot
  // be restored; `next` then names the newest one that can.
  const CatalogueEntry& resolve(std::string_view which) const;
};

// The files of a plan. While it lives, nothing is removed from the repository.
struct BackupChain {
  RestorePlan plan;
  std::vector<std::filesystem::path> files;     // of the backups, oldest first
  std::vector<std::filesystem::path> segments;  // of the log behind them, in order
  std::shared_ptr<const void> lock{};
};

// What restore() and import() of files (backup.h) do, to the point of the plan, log included. A new
// database's counters are at least those of the plan: an id that was given after the point that is
// restored is not given again. Throws Error{not_restorable} besides, naming the file, for a segment
// that does not continue what is before it and for a bulk transaction on the way.
RestoreSummary restore(const BackupChain& chain, const std::filesystem::path& path,
                       const Options& options = {});
RestoreSummary import(Database& database, const BackupChain& chain,
                      const ImportOptions& options = {});

using ChainWork = std::function<void(const BackupChain& chain)>;
using FaultCallback = std::function<void(const RepositoryFault& fault)>;

enum class BackupChoice { automatic, full, incremental };

// What kind of backup comes next, and why.
struct BackupDecision {
  BackupKind kind = BackupKind::full;
  std::optional<Manifest> parent;
  std::string reason;  // a clause: "the repository holds no backup yet"
  // The repository knows more of this history than the database does, or something else: the
  // database is an old copy that was put back. Call Database::start_new_history() first.
  bool new_history_needed = false;
};

struct RepositoryBackupOptions : ExportOptions {
  RepositoryBackupOptions() { compression = Compression::zstd; }
  BackupChoice choice = BackupChoice::automatic;
};

struct StoredBackup {
  Manifest manifest;
  BackupDecision decision;
  std::size_t cleaned_up = 0;  // backups that earlier writers left unfinished, now removed
};

struct RepositoryReport {
  std::vector<RepositoryFault> faults;  // at most VerifyOptions::damages_max
  std::uint64_t fault_count = 0;
  std::uint64_t backups_checked = 0;
  std::uint64_t bytes_checked = 0;
  std::uint64_t segments_checked = 0;
  std::vector<Manifest> restorable;           // after all that was found; oldest first
  std::vector<RestorableRange> window;        // likewise, log included
  std::vector<std::pair<Uuid, LogGap>> gaps;  // of the log, by history; no fault
  std::vector<Manifest> unproved;             // whole, but their digest never was right
  std::vector<std::string> unfinished;        // no fault
  bool ok() const { return fault_count == 0; }
};

// Backups are kept when any rule keeps them; 0 is no rule. Rules look at restorable backups only.
// Days, weeks (ISO 8601) and months are UTC; of each, the newest backup is kept.
struct PrunePolicy {
  std::size_t keep_last = 0;
  std::size_t keep_daily = 0;
  std::size_t keep_weekly = 0;
  std::size_t keep_monthly = 0;
  std::chrono::seconds keep_within{0};  // before the newest backup
  bool empty() const {
    return keep_last == 0 && keep_daily == 0 && keep_weekly == 0 && keep_monthly == 0 &&
           keep_within.count() == 0;
  }
};

struct PruneDecision {
  std::string id;
  std::optional<Manifest> manifest;
  bool keep = true;
  bool restorable = false;
  std::string reason;  // of keeping: the rules, "an incremental needs it" and so on
};

struct PrunePlan {
  std::vector<PruneDecision> decisions;  // oldest first
  std::vector<LogSegment> segments;      // that go: nothing that stays needs them
  std::vector<Uuid> histories;           // of which nothing stays, so that their notes go too
  std::vector<RestorableRange> window_before, window_after;
  std::uint64_t bytes_freed = 0;
  bool done = false;
};

struct CopyOptions {
  ProgressCallback progress{};  // in bytes
};

struct CopySummary {
  std::vector<Manifest> copied;
  std::size_t present_before = 0;
  std::size_t segments_copied = 0, segments_present_before = 0;
  std::size_t segments_removed = 0;         // from the target: larger ones hold what they held
  std::vector<RepositoryFault> not_copied;  // and why; what continues them is not copied either
  std::uint64_t bytes_copied = 0;
  bool target_created = false;
};

// Thread-safe. One writer at a time, of all processes: others get Error{locked}. Nothing but the
// calls that say so writes; a repository on a read-only medium can be read, verified and restored.
class Repository {
 public:
  static bool is_repository(const std::filesystem::path& path);

  // Error{not_found} where none is, {damaged}, {newer_format}.
  static Repository open(const std::filesystem::path& path);
  // Makes one where nothing or an empty folder is; Error{would_overwrite} where something else is,
  // {wrong_history} when it belongs to another database.
  static Repository open_or_create(const std::filesystem::path& path, const Uuid& database_id);

  const std::filesystem::path& path() const { return path_; }
  const Uuid& database_id() const { return database_id_; }

  // As every call that reads: waits for a removal that is going on, at most 30 s, then throws
  // Error{locked}.
  Catalogue catalogue() const;

  // catalogue().window() with the times that headers of segments tell.
  std::vector<RestorableRange> window() const;

  // Throws Error{wrong_history} for another database, {not_restorable} when an incremental is asked
  // for and there is nothing that it could continue. A database that was opened read-only may have
  // gone on since: before believing new_history_needed, open it to write, and decide again.
  BackupDecision decide(const Database& database, BackupChoice choice) const;

  // Takes the backup that decide() names, reads it again and lists it. Cleans up what writers left
  // that were killed. On any error nothing is listed. Error{wrong_history} when a new history is
  // needed.
  StoredBackup back_up(const Database& database, const RepositoryBackupOptions& options = {}) const;

  // Throws Error{not_restorable}, stating the window, for a point outside it or inside a gap, and
  // Error{not_found}, {usage}, {damaged} as Catalogue::resolve(). A time behind the last
  // transaction is inside the window as long as the archive is known to be complete up to it. Reads
  // names, headers of segments, and the lines of the segment with the point.
  RestorePlan plan(const RecoveryTarget& target) const;

  // While the chain lives, nothing that is there is removed. Error{not_restorable} or {damaged}
  // when it is not whole.
  BackupChain open_chain(const RecoveryTarget& target) const;
  // Calls `work`, such as a restore(), with the chain, which is of this repository. Where it throws
  // an Error and files of the chain are damaged (all are read for that, and options.progress
  // called), `on_damage` is told of each, and `work` is called again with the cheapest chain to the
  // same point, and content, without them. Where there is none, what `work` threw stands.
  void with_other_ways(BackupChain chain, const ChainWork& work, const FaultCallback& on_damage,
                       const Options& options = {}) const;
  // "latest", "seq:N", "time:T" or the first letters of an id. Error{usage} for anything else.
  static RecoveryTarget parse_target(std::string_view which);

  // The data of one backup, sound or not, to look into. Error{damaged} when no manifest says which.
  std::filesystem::path data_file(std::string_view which) const;

  // Every backup, to the end, at the level; writes nothing. Level chain proves the digest at the
  // end of every link, restore restores every chain to a scratch folder. With `which`, that backup
  // and what it continues.
  RepositoryReport verify(const VerifyOptions& options = {}, std::string_view which = {}) const;

  // What prune() would do. Error{usage} for a policy that keeps nothing.
  PrunePlan plan_prune(const PrunePolicy& policy) const;
  // Removes what no rule keeps. Never what a kept backup continues, never the newest restorable
  // backup, never what cannot be restored as it lies there (it may be wanted for a rescue). Of the
  // log goes what ends at or before the oldest backup that stays of its history, oldest first, and
  // all of it when the last one goes. Error{locked} while somebody reads. Killed at any moment,
  // what should stay is there; the next writer removes the rest.
  PrunePlan prune(const PrunePolicy& policy) const;

  // Brings the repository at `target` up to date, which is made if nothing is there: whole chains
  // only, parents first, hashed while reading and again from the target; then the log, every
  // segment read whole before, and hashed again from the target. Segments of the target that lie
  // within sound larger ones are removed, unless somebody reads there.
  CopySummary copy_to(const std::filesystem::path& target, const CopyOptions& options = {}) const;

 private:
  Repository(std::filesystem::path path, const Uuid& database_id)
      : path_(std::move(path)), database_id_(database_id) {}

  std::filesystem::path path_;
  Uuid database_id_;
};

}  // namespace manifolddb::backup
