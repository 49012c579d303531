// Removing backups that no rule keeps.
#include <algorithm>

#include "backup/catalogue.h"
#include "backup/contents.h"
#include "backup/prune_plan.h"
#include "common/text.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

// Whoever lists what is there is done sooner; who restores or verifies is not.
constexpr std::chrono::seconds kListingWait{2};

// Where a manifest cannot be read, the header of the data still says what it continues.
UnreadableBackups look_at_unreadable(const ObjectStore& store, const Catalogue& catalogue) {
  UnreadableBackups unreadable;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (entry.manifest) continue;
    for (const std::string_view name : {repository::kPlainData, repository::kCompressedData}) {
      const std::string object = repository::backup_object(entry.id, name);
      if (!store.exists(object)) continue;
      try {
        const Header header = read_header(store.path_of(object));
        if (header.parent_backup_id) {
          unreadable.continued.insert(header.parent_backup_id->to_string());
        }
        unreadable.points.emplace_back(header.history_id, SequenceNumber{header.sequence_number});
      } catch (const Error&) {
        // Nothing can be restored from it, so it needs nothing.
      }
    }
  }
  return unreadable;
}

PrunePlan plan_now(const ObjectStore& store, const Catalogue& catalogue,
                   const PrunePolicy& policy) {
  require_all_manifests(catalogue);
  return make_prune_plan(catalogue, policy, look_at_unreadable(store, catalogue));
}

// Descendants first: at every moment what is listed has all that it continues.
std::vector<std::string> in_order_of_removal(const Catalogue& catalogue, const PrunePlan& plan) {
  std::vector<std::pair<std::size_t, std::string>> by_depth;
  for (std::size_t i = 0; i < plan.decisions.size(); ++i) {
    if (plan.decisions[i].keep) continue;
    by_depth.emplace_back(catalogue.chain_of(catalogue.entries[i]).size(), plan.decisions[i].id);
  }
  std::stable_sort(by_depth.begin(), by_depth.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> ids;
  for (auto& [depth, id] : by_depth) ids.push_back(std::move(id));
  return ids;
}

// Oldest first, so that what is left is whole at every moment. When nothing of a history stays, its
// note goes last: an archiver that comes back begins anew, with a backup.
void remove_log(const ObjectStore& store, const PrunePlan& plan) {
  for (const LogSegment& segment : plan.segments) store.remove(segment.object);
  for (const Uuid& history : plan.histories) {
    const std::string id = history.to_string();
    store.remove(repository::log_object(id, repository::kLogNote));
    if (store.list(repository::log_folder(id)).empty()) {
      store.remove_folder(repository::log_folder(id));
    }
  }
}

}  // namespace

PrunePlan Repository::plan_prune(const PrunePolicy& policy) const {
  const Catalogue held = catalogue();
  return plan_now(ObjectStore(path_), held, policy);
}

PrunePlan Repository::prune(const PrunePolicy& policy) const {
  const repository::WriterLock writing(path_, "prune");
  const repository::RemovalLock removing(path_, kListingWait);
  const ObjectStore store(path_);
  const Catalogue held = read_catalogue(store, database_id_);  // catalogue() would wait for us
  PrunePlan plan = plan_now(store, held, policy);
  remove_leftovers(store);
  const std::vector<std::string> ids = in_order_of_removal(held, plan);
  // First they stop being backups, marked so that the next writer knows that the rest may go.
  for (const std::string& id : ids) {
    const std::string mark = repository::backup_object(id, repository::kUnfinished);
    if (!store.exists(mark)) store.put(mark, "");
    store.remove(repository::backup_object(id, repository::kManifest));
  }
  for (const std::string& id : ids) remove_backup_files(store, id);
  remove_log(store, plan);
  plan.done = true;
  return plan;
}

}  // namespace manifolddb::backup
