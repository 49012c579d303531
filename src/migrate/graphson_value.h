// Values of GraphSON, {"@type": "g:Int32", "@value": 29} or plain.
#pragma once

#include <optional>
#include <string>

#include "migrate/json_input.h"

namespace manifolddb::migrate {

// Throws Error{invalid_argument} for a value that its type cannot have. `note` is set to what had
// to be said of a value that is kept in another form.
Value graphson_value(backup::JsonTape tape, std::size_t at, const char*& note);

// As json_id(), also of a typed number or UUID.
std::optional<std::string> graphson_id(backup::JsonTape tape, std::size_t at);

}  // namespace manifolddb::migrate
