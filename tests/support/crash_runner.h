// Runs a program that is linked with the fault shim (fault_shim/fault_shim.cpp) under a fault.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/run_command.h"

namespace manifolddb::test {

// See fault_shim.cpp for the meaning of each.
struct FaultSettings {
  std::filesystem::path root = {};    // must exist
  std::string fault = "count";        // MANIFOLD_FAULT
  std::string phase = {};             // only in this phase
  std::string only = {};              // only paths like this
  std::string drop = {};              // syncs that lie
  std::filesystem::path shadow = {};  // made when missing; must be empty. Without it: no power loss
  bool real_sync = false;
};

struct FaultedCall {
  std::string phase;
  std::string call_class;
  std::uint64_t number = 0;  // 1 is the first of those that counted
  std::string function;
  std::string path;  // below the root
};

struct FaultOutcome {
  CommandResult command;
  std::optional<FaultedCall> killed;  // at this call, by the shim
  std::vector<FaultedCall> failed;    // calls that the shim let fail
  // Calls by phase and class; empty when it was killed.
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;

  std::uint64_t count(const std::string& call_class, const std::string& phase = {}) const;
  std::string describe() const;  // how it ended and what it said, for a test's message
};

// Throws when the settings make no sense to the shim, or when the program is not linked with it.
FaultOutcome run_with_faults(const std::vector<std::string>& arguments,
                             const FaultSettings& settings, const CommandOptions& options = {});

}  // namespace manifolddb::test
