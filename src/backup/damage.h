// How damage is told.
#pragma once

#include <string>

#include "manifolddb/backup.h"

namespace manifolddb::backup {

// "b.jsonl: line 48213 (byte 9912455): edge 77 names ..."; a range says its first and last.
std::string describe(const Damage& damage);

// For runs that end at the first damage. `safe`: what is untouched.
Error damage_error(const Damage& damage, const std::string& safe);

}  // namespace manifolddb::backup
