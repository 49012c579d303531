// Values of parsed JSON that is not ours.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backup/json_value.h"
#include "manifolddb/value.h"
#include "migrate/property_list.h"

namespace manifolddb::migrate {

// Calls with the key and the tape index of each member of the object at `at`.
template <typename Take>
void for_each_member(backup::JsonTape tape, std::size_t at, const Take& take) {
  for (std::size_t key = tape.first(at); key != tape.end(at);) {
    const std::size_t value = tape.after(key);
    take(tape.string(key), value);
    key = tape.after(value);
  }
}

template <typename Take>
void for_each_item(backup::JsonTape tape, std::size_t at, const Take& take) {
  for (std::size_t item = tape.first(at); item != tape.end(at); item = tape.after(item)) take(item);
}

// The tape index of the member's value, or 0. Requires an object.
std::size_t find_member(backup::JsonTape tape, std::size_t at, std::string_view name);

// "7" of "7" and of 7; none for anything else.
std::optional<std::string> json_id(backup::JsonTape tape, std::size_t at);

// Its number, whether it has a point or not; none for what is no number.
std::optional<double> json_number(backup::JsonTape tape, std::size_t at);

// Numbers without point and exponent are integers; objects are maps. Throws
// Error{invalid_argument} for an integer over 2^63-1, and for a map with a key twice.
Value json_value(backup::JsonTape tape, std::size_t at);

// A point as Neo4j writes it, {"crs": "wgs-84", "latitude": 1, "longitude": 2, "height": null} or
// {"x": 1, "y": 2}; none when the object at `at` is anything else.
std::optional<Value> json_point(backup::JsonTape tape, std::size_t at);

// As PropertyList::add(json_value()), without a Value where it can be.
void add_json_value(std::string_view name, backup::JsonTape tape, std::size_t at,
                    PropertyList& properties);

}  // namespace manifolddb::migrate
