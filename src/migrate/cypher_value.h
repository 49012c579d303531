// Values as Cypher writes them: what stands behind the colon of a property.
#pragma once

#include "manifolddb/value.h"
#include "migrate/cypher_cursor.h"
#include "migrate/item_budget.h"
#include "migrate/value_notes.h"

namespace manifolddb::migrate {

// Literals, lists, maps; date("…"), time, localtime, datetime, localdatetime, duration, point({…});
// nan and inf, as Memgraph writes them, and (0.0 / 0.0); Enum::Value, which is kept as text. Throws
// Error{invalid_argument} for anything else, for values nested deeper than can be stored, and where
// the budget, that of the statement, is used up.
Value read_cypher_value(CypherCursor& cursor, ValueNotes& notes, ItemBudget& budget);

}  // namespace manifolddb::migrate
