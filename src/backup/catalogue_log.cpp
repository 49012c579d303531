// The archived log of a repository: which transactions are there, and which histories they are of.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "backup/archive_note.h"
#include "backup/catalogue.h"
#include "backup/repository_tools.h"
#include "common/format.h"
#include "common/text.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr std::size_t kHistoryLettersMin = 4;
constexpr std::int64_t kMicrosecondsASecond = 1'000'000;

class LogFolderReader {
 public:
  LogFolderReader(const ObjectStore& store, Catalogue& catalogue, const Uuid& history)
      : store_(store), catalogue_(catalogue), folder_(history.to_string()) {
    log_.history_id = history;
  }

  // `segment_count`: of all histories so far.
  ArchivedLog read(std::size_t& segment_count) {
    // First: what it speaks of was there before it, so whatever is listed behind it is not too old.
    read_note();
    std::vector<LogSegment> found;
    for (const ObjectStore::Entry& file : store_.list(repository::log_folder(folder_))) {
      if (repository::is_temporary_name(file.name)) continue;
      if (file.name == repository::kLogNote && !file.folder) continue;
      const auto name = repository::parse_segment_name(file.name);
      if (!name || file.folder) {
        fault(FaultKind::extra_file, file.name, "is no segment of a log");
      } else if (file.size == 0) {
        fault(FaultKind::truncated, file.name, "is empty");
      } else if (++segment_count > Catalogue::kSegmentsMax) {
        throw Error(ErrorCode::failed, format("'{}' holds more than {} log segments",
                                              store_.root().string(), Catalogue::kSegmentsMax));
      } else {
        found.push_back({log_.history_id,
                         {name->first},
                         {name->last},
                         name->bulk,
                         file.size,
                         repository::log_object(folder_, file.name)});
      }
    }
    arrange_segments(std::move(found), log_);
    return std::move(log_);
  }

 private:
  void fault(FaultKind kind, std::string_view file, std::string what) {
    catalogue_.faults.push_back({kind, "", repository::log_object(folder_, file), std::move(what)});
  }

  void read_note() {
    const std::string object = repository::log_object(folder_, repository::kLogNote);
    try {
      ArchiveNote note =
          parse_archive_note(store_.read_small(object, kArchiveNoteBytesMax), object);
      if (note.history_id != log_.history_id || note.database_id != catalogue_.database_id) {
        return fault(FaultKind::foreign, repository::kLogNote,
                     format("is of history {} of database {}", note.history_id.to_string(),
                            note.database_id.to_string()));
      }
      log_.note = std::move(note);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::not_found) return;  // nothing was ever noted
      if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::newer_format) throw;
      fault(error.code() == ErrorCode::damaged ? FaultKind::damaged_manifest
                                               : FaultKind::newer_format,
            repository::kLogNote, error.what());
    }
  }

  const ObjectStore& store_;
  Catalogue& catalogue_;
  std::string folder_;
  ArchivedLog log_;
};

// --- gaps ----------------------------------------------------------------------------------------

// The highest number of the history at or below `limit` at which a backup ends.
std::optional<std::uint64_t> highest_backup(const Catalogue& catalogue, const Uuid& history,
                                            std::uint64_t limit) {
  std::optional<std::uint64_t> highest;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest || entry.manifest->history_id != history) continue;
    const std::uint64_t number = entry.manifest->sequence_number.value;
    if (number <= limit && number >= highest.value_or(0)) highest = number;
  }
  return highest;
}

std::optional<std::uint64_t> lowest_backup(const Catalogue& catalogue, const Uuid& history) {
  std::optional<std::uint64_t> lowest;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest || entry.manifest->history_id != history) continue;
    const std::uint64_t number = entry.manifest->sequence_number.value;
    lowest = std::min(lowest.value_or(number), number);
  }
  return lowest;
}

void add_missing(Catalogue& catalogue, const ArchivedLog& log, LogGap gap) {
  const std::vector<LogGap>& known = log.note->gaps;
  // Of what lies before the gaps that are still noted nothing is known.
  if (known.size() == ArchiveNote::kGapsMax && gap.first < known.front().first) return;
  for (const LogGap& missing : subtract_gaps({gap}, known)) {
    catalogue.faults.push_back({FaultKind::missing_log, "",
                                repository::log_folder(log.history_id.to_string()),
                                describe_transactions(missing.first, missing.last) +
                                    " of the archived log: not there any more"});
  }
}

// Those of the note lie behind the last segment, too, and where a backup ends with them. At or
// before the oldest backup nothing could be restored, and the log was pruned.
std::vector<LogGap> noted_gaps(const Catalogue& catalogue, const ArchivedLog& log) {
  if (!log.note) return {};
  std::vector<LogGap> gaps = subtract_segments(log.note->gaps, log.segments);
  const std::optional<std::uint64_t> oldest = lowest_backup(catalogue, log.history_id);
  std::erase_if(gaps, [&](const LogGap& gap) { return oldest && gap.last.value <= *oldest; });
  return gaps;
}

void find_gaps(Catalogue& catalogue, ArchivedLog& log) {
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  log.gaps = noted_gaps(catalogue, log);
  std::vector<LogGap> between;
  std::optional<std::uint64_t> end;
  for (const LogSegment& segment : log.segments) {
    const bool is_first = !end;
    if (is_first) end = highest_backup(catalogue, log.history_id, segment.first.value - 1);
    if (end && segment.first.value > *end + 1) {
      const LogGap gap{{*end + 1}, {segment.first.value - 1}};
      between.push_back(gap);
      if (!is_first && log.note && log.note->sequence_number >= gap.last) {
        add_missing(catalogue, log, gap);
      }
    }
    end = segment.last.value;
  }
  log.gaps = unite_gaps(std::move(log.gaps), between);
  if (!log.note) return;
  if (!end) end = highest_backup(catalogue, log.history_id, kAny);
  if (end && log.note->sequence_number.value > *end) {
    add_missing(catalogue, log, {{*end + 1}, log.note->sequence_number});
  }
}

// --- histories -----------------------------------------------------------------------------------

// What is known of a history while the tree is made.
struct KnownHistory {
  HistoryNode node;
  std::int64_t since_us = std::numeric_limits<std::int64_t>::max();
  bool drawn = false;

  void add(std::int64_t at_us, const std::optional<Uuid>& parent,
           const std::optional<SequenceNumber>& sequence) {
    since_us = std::min(since_us, at_us);
    if (!parent || !sequence || node.parent_history_id) return;
    node.parent_history_id = parent;
    node.parent_sequence_number = *sequence;
  }
};

class HistoryTree {
 public:
  explicit HistoryTree(const Catalogue& catalogue) {
    for (const CatalogueEntry& entry : catalogue.entries) {
      if (!entry.manifest) continue;
      const Manifest& m = *entry.manifest;
      find(m.history_id).add(m.created_at_us, m.parent_history_id, m.parent_sequence_number);
    }
    for (const ArchivedLog& log : catalogue.logs) {
      KnownHistory& history = find(log.history_id);
      if (!log.note) continue;
      const ArchiveNote& note = *log.note;
      history.add(note.complete_until_us, note.parent_history_id, note.parent_sequence_number);
    }
  }

  // Parents before what came from them, then by age.
  std::vector<HistoryNode> in_order() {
    std::vector<KnownHistory*> by_age;
    for (auto& [id, history] : histories_) by_age.push_back(&history);
    std::sort(by_age.begin(), by_age.end(), [](const KnownHistory* a, const KnownHistory* b) {
      return std::tie(a->since_us, a->node.history_id.bytes) <
             std::tie(b->since_us, b->node.history_id.bytes);
    });
    std::vector<HistoryNode> order;
    for (KnownHistory* const root : by_age) {
      const auto& parent = root->node.parent_history_id;
      if (!parent || !histories_.contains(parent->bytes)) draw(*root, by_age, order);
    }
    // In a circle, which only a forged repository has.
    for (KnownHistory* const other : by_age) draw(*other, by_age, order);
    return order;
  }

 private:
  KnownHistory& find(const Uuid& id) {
    KnownHistory& history = histories_[id.bytes];
    history.node.history_id = id;
    return history;
  }

  static void draw(KnownHistory& root, const std::vector<KnownHistory*>& by_age,
                   std::vector<HistoryNode>& order) {
    std::vector<KnownHistory*> open{&root};
    while (!open.empty()) {
      KnownHistory& at = *open.back();
      open.pop_back();
      if (std::exchange(at.drawn, true)) continue;
      order.push_back(at.node);
      for (auto it = by_age.rbegin(); it != by_age.rend(); ++it) {
        if ((*it)->node.parent_history_id == at.node.history_id) open.push_back(*it);
      }
    }
  }

  std::map<std::array<std::uint8_t, 16>, KnownHistory> histories_;
};

}  // namespace

void arrange_segments(std::vector<LogSegment> found, ArchivedLog& log) {
  std::sort(found.begin(), found.end(), [](const LogSegment& a, const LogSegment& b) {
    return std::tuple(a.first, b.last, a.bulk) < std::tuple(b.first, a.last, b.bulk);
  });
  for (LogSegment& segment : found) {
    const bool is_covered = !log.segments.empty() && segment.last <= log.segments.back().last;
    (is_covered ? log.covered : log.segments).push_back(std::move(segment));
  }
}

std::vector<LogRun> runs_of(const ArchivedLog& log) {
  std::vector<LogRun> runs;
  for (const LogSegment& segment : log.segments) {
    if (segment.bulk) continue;
    if (!runs.empty() && segment.first.value <= runs.back().last + 1) {
      runs.back().last = segment.last.value;
    } else {
      runs.push_back({segment.first.value, segment.last.value});
    }
  }
  return runs;
}

void read_logs(const ObjectStore& store, Catalogue& catalogue) {
  std::size_t segment_count = 0;
  for (const ObjectStore::Entry& folder : store.list(repository::kLogFolder)) {
    if (repository::is_temporary_name(folder.name)) continue;
    Uuid history;
    if (!folder.folder || !parse_uuid(folder.name, history) || history.to_string() != folder.name) {
      catalogue.faults.push_back({FaultKind::extra_file, "", repository::log_folder(folder.name),
                                  "is no log of a history"});
      continue;
    }
    ArchivedLog log = LogFolderReader(store, catalogue, history).read(segment_count);
    if (log.note || !log.segments.empty()) catalogue.logs.push_back(std::move(log));
  }
}

void link_logs(Catalogue& catalogue) {
  for (ArchivedLog& log : catalogue.logs) find_gaps(catalogue, log);
  catalogue.histories = HistoryTree(catalogue).in_order();
  std::vector<ArchivedLog> in_order;
  for (const HistoryNode& node : catalogue.histories) {
    for (ArchivedLog& log : catalogue.logs) {
      if (log.history_id == node.history_id) in_order.push_back(std::move(log));
    }
  }
  catalogue.logs = std::move(in_order);
}

const ArchivedLog* Catalogue::log_of(const Uuid& history_id) const {
  const auto found = std::find_if(logs.begin(), logs.end(), [&](const ArchivedLog& log) {
    return log.history_id == history_id;
  });
  return found == logs.end() ? nullptr : &*found;
}

Uuid Catalogue::resolve_history(std::string_view letters) const {
  if (letters.size() < kHistoryLettersMin) {
    throw Error(ErrorCode::usage,
                format("{} is no history: it takes at least {} letters of an id",
                       quote_text(letters), kHistoryLettersMin),
                "nothing was changed", "manifold list REPO");
  }
  const HistoryNode* chosen = nullptr;
  for (const HistoryNode& node : histories) {
    if (!node.history_id.to_string().starts_with(letters)) continue;
    if (chosen != nullptr) {
      throw Error(ErrorCode::usage,
                  format("{} is the beginning of several histories: {}, {}", quote_text(letters),
                         chosen->history_id.to_string(), node.history_id.to_string()),
                  "nothing was changed", "give more letters");
    }
    chosen = &node;
  }
  if (chosen != nullptr) return chosen->history_id;
  throw Error(ErrorCode::not_found,
              format("the repository has nothing of a history {}", quote_text(letters)),
              "nothing was changed", "manifold list REPO");
}

void remove_log_leftovers(const ObjectStore& store, std::int64_t age_seconds_min) {
  const std::int64_t newest_s = now_us() / kMicrosecondsASecond - age_seconds_min;
  for (const ObjectStore::Entry& folder : store.list(repository::kLogFolder)) {
    if (!folder.folder) continue;
    for (const ObjectStore::Entry& file : store.list(repository::log_folder(folder.name))) {
      if (repository::is_temporary_name(file.name) && file.modified_at_s <= newest_s) {
        store.remove(repository::log_object(folder.name, file.name));
      }
    }
  }
}

}  // namespace manifolddb::backup
