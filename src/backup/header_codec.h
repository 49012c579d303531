// The lines that are no records: metadata, checkpoint, commit, end_of_backup.
#pragma once

#include <cstddef>

#include "backup/json_members.h"
#include "backup/json_value.h"
#include "backup/record_codec.h"

namespace manifolddb::backup {

inline constexpr std::uint64_t kFormatVersion = 2;
inline constexpr std::string_view kFormatName = "manifolddb-backup";

// The value of "data" at `at`. A metadata line of another version has its format and version filled
// in and nothing else looked at.
bool read_header(JsonTape tape, std::size_t at, Header& out, TapeError& error);
bool read_checkpoint(JsonTape tape, std::size_t at, Checkpoint& out, TapeError& error);
bool read_commit(JsonTape tape, std::size_t at, CommitLine& out, TapeError& error);
bool read_trailer(JsonTape tape, std::size_t at, Trailer& out, TapeError& error);

}  // namespace manifolddb::backup
