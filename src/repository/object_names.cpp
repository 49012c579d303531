#include "repository/object_names.h"

#include <algorithm>

#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb::repository {

std::string backup_folder(std::string_view backup_id) {
  return std::string(kBackupsFolder).append("/").append(backup_id);
}

std::string backup_object(std::string_view backup_id, std::string_view name) {
  return backup_folder(backup_id).append("/").append(name);
}

bool is_temporary_name(std::string_view name) {
  static constexpr std::string_view kEnd = ".tmp";
  static constexpr std::size_t kDigits = 16;
  if (!name.starts_with('.') || !name.ends_with(kEnd)) return false;
  name.remove_suffix(kEnd.size());
  if (name.size() < kDigits + 3 || name[name.size() - kDigits - 1] != '.') return false;
  name.remove_prefix(name.size() - kDigits);
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void check_object_name(std::string_view name) {
  std::string_view rest = name;
  for (;;) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.empty() || part == "." || part == "..") {
      throw Error(ErrorCode::invalid_argument,
                  quote_text(name) + " is no name of an object in a repository");
    }
    if (end == rest.size()) return;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace manifolddb::repository
