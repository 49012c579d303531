// The way around files of a repository that turn out to be damaged while a point is restored.
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "backup/catalogue.h"
#include "backup/covered_segments.h"
#include "backup/repository_tools.h"
#include "backup/restore_plan.h"
#include "common/format.h"
#include "repository/object_names.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr const char* kDetourSafe = "nothing was changed";

bool names_any(const Error& error, const std::vector<std::filesystem::path>& files) {
  const std::string_view what = error.what();
  return std::any_of(files.begin(), files.end(), [&](const std::filesystem::path& file) {
    return what.find(file.native()) != std::string_view::npos;
  });
}

// Whether what was thrown can be of what a file of the chain holds. What the system refuses always
// names its file, and most often it is one of the target.
bool may_be_of(const BackupChain& chain, const Error& error) {
  switch (error.code()) {
    case ErrorCode::not_restorable:
    case ErrorCode::damaged:
    case ErrorCode::newer_format:
    case ErrorCode::wrong_history:
    case ErrorCode::invalid_argument:
      return true;
    case ErrorCode::failed:
    case ErrorCode::not_found:
      return names_any(error, chain.files) || names_any(error, chain.segments);
    default:
      return false;
  }
}

class ChainCheck {
 public:
  ChainCheck(const ObjectStore& store, const BackupChain& chain, const Options& options)
      : store_(store), chain_(chain), options_(options) {
    options_.progress = [&options](std::uint64_t, std::uint64_t) {
      return !options.progress || options.progress(0, 0);
    };
  }

  std::vector<RepositoryFault> run() {
    for (const Manifest& manifest : chain_.plan.backups) {
      const std::string id = manifest.backup_id.to_string();
      const std::string object = repository::backup_object(id, manifest.data_file);
      check(id, object, [&] {
        const HashedBytes found = hash_object(store_, object, options_.progress);
        if (found.sha256 == manifest.sha256) return;
        throw Error(ErrorCode::damaged, format("{} has SHA-256 {}; what was stored had {}", object,
                                               found.sha256, manifest.sha256));
      });
    }
    for (const LogSegment& segment : chain_.plan.segments) {
      check("", segment.object, [&] { check_segment(store_, segment, options_, kDetourSafe); });
    }
    return std::move(faults_);
  }

 private:
  template <typename Read>
  void check(const std::string& backup_id, const std::string& object, const Read& read) {
    try {
      read();
    } catch (const Error& error) {
      if (!may_be_of(chain_, error)) throw;
      faults_.push_back({FaultKind::damaged_data, backup_id, object, error.what()});
    }
  }

  const ObjectStore& store_;
  const BackupChain& chain_;
  Options options_;
  std::vector<RepositoryFault> faults_;
};

// What segments covered that are left out counts again.
Catalogue leave_out(Catalogue catalogue, const std::set<std::string>& objects) {
  for (CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest) continue;
    const std::string object = repository::backup_object(entry.id, entry.manifest->data_file);
    if (!objects.contains(object)) continue;
    entry.faults.push_back({FaultKind::damaged_data, entry.id, object, "is damaged"});
  }
  link_chains(catalogue);
  for (ArchivedLog& log : catalogue.logs) {
    std::vector<LogSegment> rest = std::move(log.segments);
    rest.insert(rest.end(), log.covered.begin(), log.covered.end());
    std::erase_if(rest,
                  [&](const LogSegment& segment) { return objects.contains(segment.object); });
    log.segments.clear();
    log.covered.clear();
    arrange_segments(std::move(rest), log);
  }
  return catalogue;
}

// To the same number, and the same content: repositories of copies that went different ways may
// have been copied together.
std::optional<BackupChain> find_other_chain(const Repository& repository,
                                            const std::set<std::string>& damaged,
                                            const BackupChain& before) {
  RecoveryTarget same;
  same.kind = RecoveryTarget::Kind::sequence;
  same.sequence_number = before.plan.sequence_number;
  same.history_id = before.plan.history_id;
  try {
    const ObjectStore store(repository.path());
    RestorePlan plan = plan_from_store(store, leave_out(repository.catalogue(), damaged), same);
    if (plan.content_digest && before.plan.content_digest &&
        plan.content_digest != before.plan.content_digest) {
      return std::nullopt;
    }
    plan.wanted = before.plan.wanted;
    plan.highest_known = std::max(plan.highest_known, before.plan.highest_known);
    // They may be known from a file that was left out.
    plan.next_entity_id = std::max(plan.next_entity_id, before.plan.next_entity_id);
    plan.next_edge_id = std::max(plan.next_edge_id, before.plan.next_edge_id);
    BackupChain chain = files_of(store, std::move(plan));
    chain.lock = before.lock;
    return chain;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    return std::nullopt;
  }
}

}  // namespace

void Repository::with_other_ways(BackupChain chain, const ChainWork& work,
                                 const FaultCallback& on_damage, const Options& options) const {
  const ObjectStore store(path_);
  std::set<std::string> damaged;
  for (;;) {
    try {
      return work(chain);
    } catch (const Error& error) {
      if (!may_be_of(chain, error)) throw;
      const std::vector<RepositoryFault> faults = ChainCheck(store, chain, options).run();
      if (faults.empty()) throw;
      for (const RepositoryFault& fault : faults) {
        on_damage(fault);
        damaged.insert(fault.file);
      }
      auto other = find_other_chain(*this, damaged, chain);
      if (!other) throw;
      chain = *std::move(other);
    }
  }
}

}  // namespace manifolddb::backup
