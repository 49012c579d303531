// What continues what in a repository, and which backup a person means.
#include <algorithm>
#include <map>

#include "backup/catalogue.h"
#include "backup/manifest.h"
#include "backup/recovery_target.h"
#include "common/format.h"
#include "common/text.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kIdLettersMin = 4;

// The backup itself is not the worse for it.
bool is_harmless(const RepositoryFault& fault) {
  return fault.kind == FaultKind::extra_file || fault.file.ends_with(repository::kChecksums);
}

const RepositoryFault* worst_fault(const CatalogueEntry& entry) {
  const auto found =
      std::find_if_not(entry.faults.begin(), entry.faults.end(),
                       [](const RepositoryFault& fault) { return is_harmless(fault); });
  return found == entry.faults.end() ? nullptr : &*found;
}

class ChainLinker {
 public:
  explicit ChainLinker(Catalogue& catalogue) : entries_(catalogue.entries) {
    for (std::size_t i = 0; i < entries_.size(); ++i) index_[entries_[i].id] = i;
  }

  void run() {
    for (CatalogueEntry& entry : entries_) {
      if (!entry.manifest) continue;
      const Manifest& m = *entry.manifest;
      entry.proved = worst_fault(entry) == nullptr && m.digest_matches &&
                     m.verified_level >= VerifyLevel::records;
      if (m.kind == BackupKind::incremental) find_parent(entry);
    }
    std::vector<State> states(entries_.size(), State::unknown);
    for (std::size_t i = 0; i < entries_.size(); ++i) find_restorable(i, states);
  }

 private:
  enum class State : char { unknown, on_the_way, known };

  void find_parent(CatalogueEntry& entry) {
    const Manifest& m = *entry.manifest;
    const std::uint64_t previous = m.previous_sequence.value_or(SequenceNumber{}).value;
    const auto broken = [&](const std::string& what) {
      entry.faults.push_back({FaultKind::broken_chain, entry.id,
                              repository::backup_object(entry.id, m.data_file), what});
    };
    if (!m.parent_backup_id) return broken("names no backup that it continues");
    const std::string parent_id = m.parent_backup_id->to_string();
    const auto found = index_.find(parent_id);
    if (found == index_.end() || !entries_[found->second].manifest) {
      return broken(format("continues seq {} of backup {}, which {}", previous, parent_id,
                           found == index_.end() ? "is not there" : "has no readable manifest"));
    }
    const Manifest& parent = *entries_[found->second].manifest;
    if (parent.history_id != m.history_id) {
      return broken(format("is of history {}, and the backup that it continues, {}, of {}",
                           m.history_id.to_string(), parent_id, parent.history_id.to_string()));
    }
    if (parent.sequence_number.value != previous) {
      return broken(format("continues seq {}, but backup {} ends at seq {}", previous, parent_id,
                           parent.sequence_number.value));
    }
    if (m.previous_content_digest != parent.content_digest) {
      return broken(format("continues content digest {}, but backup {} has {}",
                           m.previous_content_digest.value_or(ContentDigest{}).to_hex(), parent_id,
                           parent.content_digest.to_hex()));
    }
    entry.parent = found->second;
  }

  // Walks up until it is known, then down again. A backup on its own way up (which only a forged
  // repository has) cannot be restored.
  void find_restorable(std::size_t start, std::vector<State>& states) {
    std::vector<std::size_t> way;
    bool above = true;  // what the last one of the way continues can be restored
    for (std::optional<std::size_t> at = start; at; at = entries_[*at].parent) {
      if (states[*at] != State::unknown) {
        above = states[*at] == State::known && entries_[*at].restorable;
        break;
      }
      states[*at] = State::on_the_way;
      way.push_back(*at);
    }
    for (auto it = way.rbegin(); it != way.rend(); ++it) {
      CatalogueEntry& entry = entries_[*it];
      const bool linked =
          entry.parent || (entry.manifest && entry.manifest->kind == BackupKind::full);
      above = entry.restorable = above && linked && entry.proved;
      states[*it] = State::known;
    }
  }

  std::vector<CatalogueEntry>& entries_;
  std::map<std::string, std::size_t> index_;
};

constexpr const char* kSeeWhatIsLeft = "manifold verify REPO    says what is left";

std::string newest_sure_backup(const Catalogue& catalogue) {
  const CatalogueEntry* const newest = catalogue.newest_restorable();
  if (newest == nullptr) return kSeeWhatIsLeft;
  return format("name the newest one that can be restored: REPO@{}",
                short_id(newest->manifest->backup_id));
}

}  // namespace

std::string newest_sure_point(const Catalogue& catalogue) {
  const std::vector<RestorableRange> window = catalogue.window();
  if (window.empty()) return kSeeWhatIsLeft;
  const Uuid newest = newest_history(catalogue);
  const auto found =
      std::find_if(window.rbegin(), window.rend(),
                   [&](const RestorableRange& range) { return range.history_id == newest; });
  const RestorableRange& best = found != window.rend() ? *found : window.back();
  const std::string history =
      catalogue.histories.size() > 1 ? short_id(best.history_id) + ":" : std::string();
  return format("name the newest point that can be restored: REPO@{}seq:{}", history,
                best.last.value);
}

void require_all_manifests(const Catalogue& catalogue) {
  for (const CatalogueEntry& entry : catalogue.entries) {
    for (const RepositoryFault& fault : entry.faults) {
      if (fault.kind != FaultKind::unreadable_manifest) continue;
      throw Error(ErrorCode::failed, format("{}: {}", fault.file, fault.what),
                  "nothing was changed",
                  format("try again when it can be read; if that will never be, move backups/{} "
                         "out of the repository",
                         entry.id));
    }
  }
}

namespace {

ErrorCode code_of(FaultKind kind) {
  return kind == FaultKind::newer_format          ? ErrorCode::newer_format
         : kind == FaultKind::unreadable_manifest ? ErrorCode::failed
                                                  : ErrorCode::damaged;
}

}  // namespace

void require_readable(const Catalogue& catalogue, NextBest next_best) {
  if (std::all_of(catalogue.entries.begin(), catalogue.entries.end(),
                  [](const auto& entry) { return entry.is_of_another_database; })) {
    throw Error(ErrorCode::not_found, "the repository holds no backup", "nothing was changed",
                "manifold backup DB -r REPO");
  }
  for (const CatalogueEntry& entry : catalogue.entries) {
    const RepositoryFault* const fault = worst_fault(entry);
    if (entry.manifest || fault == nullptr || entry.is_of_another_database) continue;
    const std::string other_step =
        fault->kind == FaultKind::unreadable_manifest
            ? ", or try again when it can be read"
            : format(", or move backups/{} out of the repository when it is of no use", entry.id);
    throw Error(code_of(fault->kind),
                format("which backup is the newest is not known: {}: {}", fault->file, fault->what),
                "nothing was changed", next_best(catalogue) + other_step);
  }
}

void refuse_newest(const Catalogue& catalogue, const CatalogueEntry& newest, NextBest next_best) {
  const RepositoryFault* const fault = worst_fault(newest);
  throw Error(ErrorCode::damaged,
              format("the newest backup, {}, cannot be restored: {}", describe(*newest.manifest),
                     fault != nullptr ? fault->file + " " + fault->what
                     : newest.proved  ? "what it continues cannot be restored"
                                      : "its content never had the digest that was committed"),
              "nothing was changed", next_best(catalogue));
}

namespace {

const CatalogueEntry& resolve_latest(const Catalogue& catalogue) {
  require_readable(catalogue, newest_sure_backup);
  const auto newest = std::find_if(catalogue.entries.rbegin(), catalogue.entries.rend(),
                                   [](const CatalogueEntry& entry) { return !!entry.manifest; });
  if (!newest->restorable) refuse_newest(catalogue, *newest, newest_sure_backup);
  return *newest;
}

const CatalogueEntry& resolve_sequence(const Catalogue& catalogue, std::uint64_t wanted) {
  const CatalogueEntry* chosen = nullptr;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.restorable || entry.manifest->sequence_number.value != wanted) continue;
    if (chosen != nullptr && chosen->manifest->history_id != entry.manifest->history_id) {
      throw Error(
          ErrorCode::usage,
          format("seq {} is in two histories: backup {} of history {}, and backup {} of {}", wanted,
                 short_id(chosen->manifest->backup_id), chosen->manifest->history_id.to_string(),
                 short_id(entry.manifest->backup_id), entry.manifest->history_id.to_string()),
          "nothing was changed", "name the backup: REPO@ID");
    }
    chosen = &entry;
  }
  if (chosen != nullptr) return *chosen;
  throw Error(ErrorCode::not_restorable,
              format("no backup that can be restored ends at seq {}", wanted),
              "nothing was changed", describe_window(catalogue));
}

}  // namespace

void link_chains(Catalogue& catalogue) {
  ChainLinker(catalogue).run();
}

const CatalogueEntry* Catalogue::find(const Uuid& backup_id) const {
  const std::string id = backup_id.to_string();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return entry.id == id; });
  return found == entries.end() ? nullptr : &*found;
}

const CatalogueEntry* Catalogue::newest_restorable() const {
  const auto found = std::find_if(entries.rbegin(), entries.rend(),
                                  [](const CatalogueEntry& entry) { return entry.restorable; });
  return found == entries.rend() ? nullptr : &*found;
}

std::vector<const CatalogueEntry*> Catalogue::chain_of(const CatalogueEntry& entry) const {
  std::vector<const CatalogueEntry*> chain{&entry};
  while (chain.back()->parent && chain.size() <= entries.size()) {
    chain.push_back(&entries[*chain.back()->parent]);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

const CatalogueEntry& Catalogue::resolve(std::string_view which) const {
  static constexpr std::string_view kSequence = "seq:";
  if (which == "latest") return resolve_latest(*this);
  if (which.starts_with(kSequence)) {
    std::uint64_t wanted = 0;
    if (parse_unsigned(which.substr(kSequence.size()), wanted)) {
      return resolve_sequence(*this, wanted);
    }
  }
  if (which.size() < kIdLettersMin) {
    throw Error(ErrorCode::usage,
                format("{} is no backup: it is latest, seq:N, or at least {} letters of an id",
                       quote_text(which), kIdLettersMin),
                "nothing was changed", "manifold list REPO");
  }
  const CatalogueEntry* chosen = nullptr;
  for (const CatalogueEntry& entry : entries) {
    if (!entry.id.starts_with(which)) continue;
    if (chosen != nullptr) {
      throw Error(ErrorCode::usage,
                  format("{} is the beginning of several ids: {}, {}", quote_text(which),
                         chosen->id, entry.id),
                  "nothing was changed", "give more letters");
    }
    chosen = &entry;
  }
  if (chosen != nullptr) return *chosen;
  throw Error(ErrorCode::not_found, format("the repository has no backup {}", quote_text(which)),
              "nothing was changed", "manifold list REPO");
}

}  // namespace manifolddb::backup
