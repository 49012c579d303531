// Reads what `apt-cache dumpavail` prints: one paragraph a package, as deb-control(5) says.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace example {

// One name in a relation field. `a (>= 1) | b, c` has the alternatives a and b of clause 1, and c
// of clause 2.
struct Relation {
  std::string package;
  std::string constraint;  // ">=", "=", "<<" ...; empty: any version
  std::string version;
  int clause = 1;
  int alternative = 1;
};

struct Package {
  std::string name, version, section, priority, architecture, maintainer, homepage, description;
  std::int64_t package_bytes = 0;    // of the .deb file
  std::int64_t installed_bytes = 0;  // as its maintainer estimates it
  // The fields as they stand; parse_relations reads them.
  std::string depends, pre_depends, recommends, suggests, enhances, conflicts, breaks, replaces,
      provides;
};

// False at the end. A paragraph without a name is passed over.
bool read_package(std::istream& in, Package& package);

std::vector<Relation> parse_relations(std::string_view field);

}  // namespace example
