// Points as Neo4j writes them: {latitude: 57.7, longitude: 11.9} or {x: 1, y: 2, z: 3, crs: "..."}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manifolddb/value.h"

namespace manifolddb::migrate {

// None when it is no point. `srid`: of one that says none; 0: WGS-84 for longitude and latitude,
// else Cartesian, in two or three dimensions.
std::optional<Value> read_point(std::string_view text, std::uint32_t srid);

// "WGS-84", "wgs-84-3d", "cartesian", "cartesian-3D"; 0: none of them.
std::uint32_t srid_of(std::string_view crs);
// The name, or an empty one.
std::string_view crs_of(std::uint32_t srid);

}  // namespace manifolddb::migrate
