// Verification of a repository: every backup, to the end, whatever is found on the way.
#include <algorithm>
#include <map>

#include "backup/catalogue.h"
#include "backup/contents.h"
#include "backup/damage.h"
#include "backup/log_check.h"
#include "backup/manifest.h"
#include "backup/repository_tools.h"
#include "backup/restore_plan.h"
#include "backup/verify.h"
#include "common/format.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr std::size_t kChecksumsBytesMax = 4096;

class RepositoryVerifier {
 public:
  RepositoryVerifier(ObjectStore store, Catalogue catalogue, const VerifyOptions& options)
      : store_(std::move(store)),
        catalogue_(std::move(catalogue)),
        after_(catalogue_),
        options_(options) {
    for (const CatalogueEntry& entry : catalogue_.entries) {
      if (entry.manifest) total_ += entry.manifest->stored_bytes;
    }
    for (const ArchivedLog& log : catalogue_.logs) {
      for (const LogSegment& segment : log.segments) total_ += segment.stored_bytes;
      for (const LogSegment& segment : log.covered) total_ += segment.stored_bytes;
    }
    sound_.resize(catalogue_.entries.size(), true);
    chain_state_.resize(catalogue_.entries.size(), ChainState::unknown);
  }

  RepositoryReport run() {
    report_.unfinished = catalogue_.unfinished;
    for (RepositoryFault& fault : catalogue_.faults) add(std::move(fault));
    for (std::size_t i = 0; i < catalogue_.entries.size(); ++i) check_entry(i);
    if (options_.level >= VerifyLevel::chain) prove_chains();
    list_restorable();
    check_logs();
    if (options_.level >= VerifyLevel::chain) prove_logs();
    report_.window = after_.window();
    return std::move(report_);
  }

 private:
  enum class ChainState : char { unknown, proved, failed };

  void add(RepositoryFault fault) {
    if (++report_.fault_count <= options_.damages_max) report_.faults.push_back(std::move(fault));
  }

  // The data of the entry are not what they should be.
  void add_data_fault(std::size_t index, FaultKind kind, std::string what) {
    const CatalogueEntry& entry = catalogue_.entries[index];
    sound_[index] = false;
    add({kind, entry.id, repository::backup_object(entry.id, entry.manifest->data_file),
         std::move(what)});
  }

  bool data_are_there(const CatalogueEntry& entry) const {
    return entry.manifest && std::none_of(entry.faults.begin(), entry.faults.end(),
                                          [&](const RepositoryFault& fault) {
                                            return fault.kind == FaultKind::missing_file &&
                                                   fault.file.ends_with(entry.manifest->data_file);
                                          });
  }

  void check_entry(std::size_t index) {
    const CatalogueEntry& entry = catalogue_.entries[index];
    for (const RepositoryFault& fault : entry.faults) add(fault);
    ++report_.backups_checked;
    if (!data_are_there(entry)) {
      sound_[index] = false;
      return;
    }
    try {
      check_checksums(entry);
      if (check_header(index)) {
        check_hash(index);
        check_records(index);
      }
    } catch (const Error& error) {
      // What is wrong with one backup does not keep the others from being looked at.
      if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::newer_format &&
          error.code() != ErrorCode::failed && error.code() != ErrorCode::not_found) {
        throw;
      }
      add_data_fault(index, FaultKind::damaged_data, error.what());
    }
    done_ += entry.manifest->stored_bytes;
  }

  void check_checksums(const CatalogueEntry& entry) {
    const std::string object = repository::backup_object(entry.id, repository::kChecksums);
    if (!store_.exists(object)) return;  // told by the catalogue
    std::string what = "does not say what the manifest says";
    try {
      if (store_.read_small(object, kChecksumsBytesMax) == checksums_text(*entry.manifest)) return;
    } catch (const Error& error) {
      what = error.what();
    }
    add({FaultKind::damaged_data, entry.id, object, what});
  }

  // False for the data of another backup, of which nothing else needs to be said.
  bool check_header(std::size_t index) {
    const CatalogueEntry& entry = catalogue_.entries[index];
    const Manifest& manifest = *entry.manifest;
    const std::string object = repository::backup_object(entry.id, manifest.data_file);
    Header header;
    try {
      header = read_header(store_.path_of(object));
    } catch (const Error&) {
      return true;  // hash and records say more
    }
    const std::string difference = find_difference(manifest, header);
    if (difference.empty()) return true;
    const bool foreign =
        header.backup_id != manifest.backup_id || header.database_id != manifest.database_id;
    add_data_fault(index, foreign ? FaultKind::foreign : FaultKind::damaged_data, difference);
    return false;
  }

  void check_hash(std::size_t index) {
    const CatalogueEntry& entry = catalogue_.entries[index];
    const Manifest& manifest = *entry.manifest;
    const std::string object = repository::backup_object(entry.id, manifest.data_file);
    const HashedBytes found = hash_object(store_, object, options_.progress, done_, total_);
    report_.bytes_checked += found.size;
    if (found.sha256 == manifest.sha256) return;
    sound_[index] = false;
    // A wrong length was told before, and is the same fault.
    if (found.size != manifest.stored_bytes) return;
    add_data_fault(index, FaultKind::damaged_data,
                   format("has SHA-256 {}; what was stored had {}", found.sha256, manifest.sha256));
  }

  void check_records(std::size_t index) {
    const CatalogueEntry& entry = catalogue_.entries[index];
    VerifyOptions options = options_;
    options.progress = [this](std::uint64_t, std::uint64_t) {
      return !options_.progress || options_.progress(done_, total_);
    };
    options.level = std::min(options_.level, VerifyLevel::records);
    // It was stored as it is: its records never had the digest that its header states.
    if (!entry.manifest->digest_matches) options.level = VerifyLevel::structure;
    const std::string object = repository::backup_object(entry.id, entry.manifest->data_file);
    VerifyReport found = backup::verify(store_.path_of(object), options);
    for (const Damage& damage : found.damages) {
      add_data_fault(index, FaultKind::damaged_data, describe(damage));
    }
    if (found.damage_count > found.damages.size()) {
      report_.fault_count += found.damage_count - found.damages.size();
    }
  }

  bool chain_is_sound(std::size_t index) const {
    if (!catalogue_.entries[index].restorable) return false;
    std::size_t at = index;
    for (;;) {
      if (!sound_[at]) return false;
      const std::optional<std::size_t> parent = catalogue_.entries[at].parent;
      if (!parent) return true;
      at = *parent;
    }
  }

  // A chain that is proved proves all that it begins with.
  void prove_chains() {
    std::vector<bool> continued(catalogue_.entries.size(), false);
    for (std::size_t i = 0; i < catalogue_.entries.size(); ++i) {
      const auto parent = catalogue_.entries[i].parent;
      if (parent && chain_is_sound(i)) continued[*parent] = true;
    }
    for (std::size_t i = 0; i < catalogue_.entries.size(); ++i) {
      if (!continued[i] && chain_is_sound(i)) prove_chain_to(i);
    }
  }

  // Where it fails, shorter ones are tried, so that the link at fault is found.
  void prove_chain_to(std::size_t leaf) {
    std::optional<std::size_t> at = leaf;
    std::optional<Error> fault;
    std::size_t at_fault = leaf;
    while (at && chain_state_[*at] == ChainState::unknown) {
      std::optional<Error> found = try_chain(*at);
      if (!found) break;
      chain_state_[*at] = ChainState::failed;
      fault = std::move(found);
      at_fault = *at;
      at = catalogue_.entries[*at].parent;
    }
    if (fault) add_data_fault(at_fault, FaultKind::broken_chain, fault->what());
    for (; at && chain_state_[*at] == ChainState::unknown; at = catalogue_.entries[*at].parent) {
      chain_state_[*at] = ChainState::proved;
    }
  }

  std::optional<Error> try_chain(std::size_t index) {
    std::vector<std::filesystem::path> files;
    for (const CatalogueEntry* const link : catalogue_.chain_of(catalogue_.entries[index])) {
      files.push_back(
          store_.path_of(repository::backup_object(link->id, link->manifest->data_file)));
    }
    if (files.size() == 1 && options_.level < VerifyLevel::restore) return std::nullopt;
    VerifyOptions options = options_;
    options.progress = [this](std::uint64_t, std::uint64_t) {
      return !options_.progress || options_.progress(total_, total_);
    };
    try {
      prove_chain(files, options);
      return std::nullopt;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::not_restorable &&
          error.code() != ErrorCode::wrong_history) {
        throw;
      }
      return error;
    }
  }

  void list_restorable() {
    for (std::size_t i = 0; i < catalogue_.entries.size(); ++i) {
      const CatalogueEntry& entry = catalogue_.entries[i];
      if (chain_is_sound(i)) {
        report_.restorable.push_back(*entry.manifest);
      } else if (entry.manifest && !entry.manifest->digest_matches && sound_[i]) {
        report_.unproved.push_back(*entry.manifest);
      }
    }
  }

  // The catalogue becomes what is left of it.
  void check_logs() {
    for (std::size_t i = 0; i < after_.entries.size(); ++i) {
      after_.entries[i].restorable = chain_is_sound(i);
    }
    Options options = options_;
    options.progress = [this](std::uint64_t, std::uint64_t) {
      return !options_.progress || options_.progress(done_, total_);
    };
    for (ArchivedLog& log : after_.logs) {
      for (const LogGap& gap : log.gaps) report_.gaps.emplace_back(log.history_id, gap);
      LogCheck check(store_, catalogue_, log, digests_of(log.history_id), options);
      ArchivedLog sound = check.run([this](RepositoryFault fault) { add(std::move(fault)); });
      report_.segments_checked += check.segments_checked();
      report_.bytes_checked += check.bytes_checked();
      done_ += check.bytes_checked();
      log = std::move(sound);
    }
  }

  std::map<std::uint64_t, ContentDigest> digests_of(const Uuid& history) const {
    std::map<std::uint64_t, ContentDigest> digests;
    for (const CatalogueEntry& entry : after_.entries) {
      if (!entry.restorable || entry.manifest->history_id != history) continue;
      digests.emplace(entry.manifest->sequence_number.value, entry.manifest->content_digest);
    }
    return digests;
  }

  // Every stretch of log to its end, from the backups that it goes on from: that each transaction
  // found what it says was there before.
  void prove_logs() {
    for (const RestorableRange& range : after_.window()) {
      RecoveryTarget target;
      target.kind = RecoveryTarget::Kind::sequence;
      target.sequence_number = range.last;
      target.history_id = range.history_id;
      BackupChain chain = files_of(store_, make_restore_plan(after_, target, {}));
      if (chain.segments.empty()) continue;
      VerifyOptions options = options_;
      options.progress = [this](std::uint64_t, std::uint64_t) {
        return !options_.progress || options_.progress(total_, total_);
      };
      try {
        prove_chain(chain, options);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::not_restorable &&
            error.code() != ErrorCode::wrong_history) {
          throw;
        }
        add({FaultKind::broken_chain, "", chain.plan.segments.back().object, error.what()});
        forget_log_behind(range, chain.plan.backups.back().sequence_number);
      }
    }
  }

  // Which transaction is at fault is not known.
  void forget_log_behind(const RestorableRange& range, SequenceNumber base) {
    for (ArchivedLog& log : after_.logs) {
      if (log.history_id != range.history_id) continue;
      std::erase_if(log.segments, [&](const LogSegment& segment) {
        return segment.last > base && segment.first <= range.last;
      });
    }
  }

  ObjectStore store_;
  Catalogue catalogue_;
  Catalogue after_;  // without what was found wrong
  const VerifyOptions& options_;
  RepositoryReport report_;
  std::vector<bool> sound_;  // as far as its own data are concerned
  std::vector<ChainState> chain_state_;
  std::uint64_t done_ = 0, total_ = 0;
};

// The chain of one backup as a catalogue of its own.
Catalogue only_chain(const Catalogue& whole, std::string_view which) {
  Catalogue chain;
  chain.database_id = whole.database_id;
  chain.histories = whole.histories;
  for (const CatalogueEntry* const link : whole.chain_of(whole.resolve(which))) {
    const bool first = chain.entries.empty();
    chain.entries.push_back(*link);
    if (!first) chain.entries.back().parent = chain.entries.size() - 2;
  }
  return chain;
}

}  // namespace

RepositoryReport Repository::verify(const VerifyOptions& options, std::string_view which) const {
  const repository::ReaderLock reading(path_);
  Catalogue held = catalogue();
  if (!which.empty()) held = only_chain(held, which);
  return RepositoryVerifier(ObjectStore(path_), std::move(held), options).run();
}

}  // namespace manifolddb::backup
