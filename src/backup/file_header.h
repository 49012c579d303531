// The first line of a backup: what it is, and whether this version can read it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backup/block_cutter.h"
#include "backup/record_codec.h"

namespace manifolddb::backup {

struct HeaderLine {
  std::optional<Header> header;  // none when the line is damaged
  std::optional<LineError> damage;
  // What form the other lines have; where the line is damaged, what is left of it tells.
  LineForm form = LineForm::backup;
};

// `first`: the file's first line. Throws Error{damaged} when this is no backup at all,
// {newer_format} when it is one of a later version or asks for what this one does not understand,
// {failed} for kinds and versions that this one does not read.
HeaderLine read_header_line(const RawBlock& first, const std::string& source_name);

}  // namespace manifolddb::backup
