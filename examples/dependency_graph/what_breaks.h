// One question to the graph: what could no longer be installed if a package went away?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifolddb/transaction.h"

namespace example {

std::optional<manifolddb::EntityId> find_package(const manifolddb::Transaction& graph,
                                                 const std::string& name);
std::string name_of(const manifolddb::Transaction& graph, manifolddb::EntityId id);

struct Breakage {
  std::vector<manifolddb::EntityId> direct;      // depend on the package itself
  std::vector<manifolddb::EntityId> transitive;  // on one of those, and so on
};

// A dependency is lost when each of its alternatives is; a name is lost when neither the package of
// that name nor one that provides it is left. Versions are not compared.
Breakage what_breaks(const manifolddb::Transaction& graph, manifolddb::EntityId lost);

}  // namespace example
