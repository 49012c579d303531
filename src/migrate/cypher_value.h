// Values as Cypher writes them: what stands behind the colon of a property.
#pragma once

#include "manifolddb/value.h"
#include "migrate/cypher_cursor.h"

namespace manifolddb::migrate {

// What had to be said of a value that was kept, or null.
using CypherNote = const char*;

// Literals, lists, maps; date("…"), time, localtime, datetime, localdatetime, duration, point({…});
// nan and inf, as Memgraph writes them, and (0.0 / 0.0); Enum::Value, which is kept as text. Throws
// Error{invalid_argument} for anything else, and for values nested deeper than can be stored.
Value read_cypher_value(CypherCursor& cursor, CypherNote& note);

}  // namespace manifolddb::migrate
