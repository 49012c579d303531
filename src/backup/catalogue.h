// What a repository holds, from names, sizes and manifests: no data is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

Catalogue read_catalogue(const repository::ObjectStore& store, const Uuid& database_id);

// Sets proved, restorable and parent of every entry, and adds a fault where a chain is broken.
void link_chains(Catalogue& catalogue);

// Throws Error{failed} while the system cannot read a manifest: whoever writes must know all that
// is there.
void require_all_manifests(const Catalogue& catalogue);

// What a message names instead of the newest backup, which cannot be restored or is not known.
using NextBest = std::string (*)(const Catalogue& catalogue);
std::string newest_sure_point(const Catalogue& catalogue);  // "... REPO@seq:N"

// Throws Error{not_found} where there is no backup, and {damaged} or {newer_format} where a
// manifest that cannot be read keeps from knowing which one is the newest.
void require_readable(const Catalogue& catalogue, NextBest next_best);
// Throws Error{damaged}, saying why the newest backup cannot be restored.
[[noreturn]] void refuse_newest(const Catalogue& catalogue, const CatalogueEntry& newest,
                                NextBest next_best);

// log/: segments and notes, and faults of names that are none. Calls arrange_segments().
void read_logs(const repository::ObjectStore& store, Catalogue& catalogue);
// Sorts what was found of one history, and sets apart what another segment covers.
void arrange_segments(std::vector<LogSegment> found, ArchivedLog& log);
// Sets gaps and histories, puts the logs in their order, and adds faults for transactions that were
// archived and are not there. After link_chains().
void link_logs(Catalogue& catalogue);

// A stretch of transactions that segments hold without a gap and without a bulk transaction.
struct LogRun {
  std::uint64_t first, last;
};
std::vector<LogRun> runs_of(const ArchivedLog& log);  // ascending

// "12345678 (full at seq 7, 2026-11-22T21:47:00.123456Z)", for messages.
std::string describe(const Manifest& manifest);
// The first letters of an id, as lists show it.
std::string short_id(const Uuid& backup_id);
// "transaction 5", "transactions 5 to 9".
std::string describe_transactions(SequenceNumber first, SequenceNumber last);
// " (T to T, complete until T)", as far as it is known; else nothing.
std::string describe_times(const RestorableRange& range);
// The points that can be restored: "no backup in it can be restored", or "it can be restored to
// seq:7, seq:9 to seq:12 (…) of history …", at most some of them.
std::string describe_window(const Catalogue& catalogue);
std::string describe_window(const Catalogue& catalogue, const std::vector<RestorableRange>& window);

// Removes what writers that were killed have left; the caller holds the writer's lock. Returns the
// number of unfinished backups that went. In log/, where an archiver may be writing at this moment
// without that lock, only what is older than kLogLeftoverAgeSeconds.
std::size_t remove_leftovers(const repository::ObjectStore& store);
inline constexpr std::int64_t kLogLeftoverAgeSeconds = 3600;
// Temporary files in log/ that were last written at least so long ago.
void remove_log_leftovers(const repository::ObjectStore& store, std::int64_t age_seconds_min);
// The folder of one backup with everything in it, the manifest first; the caller has made sure that
// it may go.
void remove_backup_files(const repository::ObjectStore& store, const std::string& id);

}  // namespace manifolddb::backup
