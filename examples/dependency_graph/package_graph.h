// The archive as a property graph:
//
//   (:Package {name, version, …}) -[:DEPENDS {constraint, version, clause, alternative}]-> (…)
//   (:Package) -[:PROVIDES]-> (:VirtualPackage {name})      "any mail server"
//   (:Package) -[:IN_SECTION]-> (:Section {name})
//
// A relation to a name that is no package leads to a VirtualPackage; those that nobody provides are
// names from outside the archive. A Package, too, can be provided by others.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

#include "manifolddb/database.h"

namespace example {

struct GraphSummary {
  std::uint64_t packages = 0;
  std::uint64_t virtual_packages = 0;
  std::uint64_t sections = 0;
  std::uint64_t relations = 0;
  std::map<std::string, std::uint64_t> relations_by_type;
};

// Reads the archive and stores it in one transaction.
GraphSummary store_archive(manifolddb::Database& database, std::istream& archive);

}  // namespace example
