// Dates, times and durations as other systems write them: ISO 8601, less strictly than our own
// (common/temporal_text.h). Seconds may be missing, a space may stand for the T, an offset may be
// +0100 or +01.
#pragma once

#include <optional>
#include <string_view>

#include "manifolddb/value.h"

namespace manifolddb::migrate {

// All: none when the text is no such value.
std::optional<Value> read_date(std::string_view text);
std::optional<Value> read_time(std::string_view text);  // with or without an offset
// `zone` (may be empty): an offset or the name of a zone, for a text that has neither. `note` is
// set where something of it could not be kept: a zone without an offset, since that needs rules
// that we do not have.
std::optional<Value> read_datetime(std::string_view text, std::string_view zone, const char*& note);
std::optional<Value> read_duration(std::string_view text);

}  // namespace manifolddb::migrate
