// A database's folder: what may be opened or created there, and who owns it.
//
//   <database>/engine/    the engine's files
//   <database>/scratch/   temporary files of the owner; emptied when it opens
//   <database>/OWNER      who has it open, for the message of Error{locked}; the engine's lock
//   decides
#pragma once

#include <filesystem>
#include <string>

namespace manifolddb {

enum class FolderState {
  missing,     // nothing there, or an empty folder
  incomplete,  // a creation that was cut short, and nothing else
  database,
};

// Whether a database is there, or seems to be. Throws Error{damaged} when the engine has lost the
// file that names its others: it would take them for leftovers, and delete them.
bool has_database(const std::filesystem::path& path);

// The same for who may create one. Throws Error{would_overwrite}, too, when something else is
// there.
FolderState inspect_folder(const std::filesystem::path& path);

void write_owner(const std::filesystem::path& path);
void remove_owner(const std::filesystem::path& path);
// "process 4711 on host db1, since 2026-11-22T21:47:00.123456Z", or "another process".
std::string describe_owner(const std::filesystem::path& path);

}  // namespace manifolddb
