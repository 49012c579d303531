#include "backup/damage.h"

namespace manifolddb::backup {

std::string describe(const Damage& damage) {
  std::string text = damage.source;
  if (damage.first_line == damage.last_line) {
    text += ": line " + std::to_string(damage.first_line) + " (byte " +
            std::to_string(damage.first_byte) + "): ";
  } else {
    text += ": lines " + std::to_string(damage.first_line) + " to " +
            std::to_string(damage.last_line) + " (bytes " + std::to_string(damage.first_byte) +
            " to " + std::to_string(damage.last_byte) + "): ";
  }
  return text + damage.what;
}

Error damage_error(const Damage& damage, const std::string& safe) {
  return Error(
      ErrorCode::damaged, describe(damage), safe,
      "manifold verify " + damage.source + " --level records    lists every damaged record");
}

}  // namespace manifolddb::backup
