// Values as Kuzu writes them into CSV.
#pragma once

#include <string_view>

#include "migrate/graph_sink.h"
#include "migrate/kuzu_type.h"
#include "migrate/property_list.h"

namespace manifolddb::migrate {

// Adds the value to the properties, and tells the sink what of it is kept in another form. Kuzu
// writes texts in lists, structs and maps without quotes, so that what they are can be uncertain:
// such a value is kept as its text where it cannot be one of its type. Throws
// Error{invalid_argument} where it is no value of its type otherwise, or has more items than an
// ItemBudget. `place` is of its row.
void add_kuzu_value(std::string_view name, std::string_view text, const KuzuType& type,
                    GraphSink& sink, const Place& place, PropertyList& properties);

}  // namespace manifolddb::migrate
