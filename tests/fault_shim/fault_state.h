// The one state of the shim in a process, and the paths it watches.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fault_shim/fault_plan.h"
#include "fault_shim/sync_shadow.h"

namespace manifolddb::test {

class FaultState {
 public:
  // Made at program start, never destroyed: threads may still write while the program ends.
  static FaultState& get();

  // The path below the root that a call on an open file, or on a name, concerns; nothing when it
  // lies elsewhere or the shim is off. Keep errno as it is.
  std::optional<std::string> watched(int fd) const;
  std::optional<std::string> watched(int directory_fd, const char* path) const;

  bool real_sync() const { return real_sync_; }
  std::string absolute(const std::string& relative) const { return root_ + "/" + relative; }

  // One lock for the plan, the shadow and the call itself: what the shadow notes is what was there.
  std::mutex mutex;
  FaultPlan plan;
  std::unique_ptr<SyncShadow> shadow;  // null when no power loss is to be simulated

 private:
  FaultState();
  std::optional<std::string> below_root(const std::string& canonical) const;

  std::string root_;  // canonical; empty: the shim is off
  bool real_sync_ = false;
};

// The calls of the shim must not change errno except by what they perform.
class KeepErrno {
 public:
  KeepErrno() : saved_(errno) {}
  ~KeepErrno() { errno = saved_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int saved_;
};

}  // namespace manifolddb::test
