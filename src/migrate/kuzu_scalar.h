// Values of Kuzu's types that have nothing in them: numbers, texts, times, bytes.
#pragma once

#include <string_view>

#include "manifolddb/value.h"
#include "migrate/kuzu_type.h"
#include "migrate/value_notes.h"

namespace manifolddb::migrate {

// Throws Error{invalid_argument} where the text is none of the type.
Value read_kuzu_scalar(std::string_view text, const KuzuType& type, ValueNotes& notes);

}  // namespace manifolddb::migrate
