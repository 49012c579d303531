// Stands between this program and the C library's syncs, for tests of what happens meanwhile.
#pragma once

#include <functional>
#include <string>

namespace manifolddb::test {

// Called, by whichever thread, before each fsync and fdatasync of a file, with its path. Returns
// the error number that the sync fails with instead; 0: it is done.
using SyncHook = std::function<int(const std::string& path)>;

// The hook is in force as long as this lives. One at a time; no thread may be in a sync of the
// engine any more when it ends.
class HookedSyncs {
 public:
  explicit HookedSyncs(SyncHook hook);
  ~HookedSyncs();
  HookedSyncs(const HookedSyncs&) = delete;
  HookedSyncs& operator=(const HookedSyncs&) = delete;
};

}  // namespace manifolddb::test
