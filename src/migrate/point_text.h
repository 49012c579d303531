// Points as Neo4j writes them: {latitude: 57.7, longitude: 11.9} or {x: 1, y: 2, z: 3, crs: "..."};
// their members, which texts, JSON and Cypher have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manifolddb/value.h"

namespace manifolddb::migrate {

class PointMembers {
 public:
  // x, y, z; longitude, latitude, height; srid. False for other names, coordinates that are there
  // already, and a srid that is no number of 32 bits.
  bool take_number(std::string_view name, double number);
  // False when it is none that srid_of() knows.
  bool take_crs(std::string_view crs);

  // None without two coordinates. `srid`: as for read_point().
  std::optional<Point> point(std::uint32_t srid) const;

 private:
  std::optional<double> x_, y_, z_;
  std::optional<std::uint32_t> srid_;
  bool is_geographic_ = false;
};

// None when it is no point. `srid`: of one that says none; 0: WGS-84 for longitude and latitude,
// else Cartesian, in two or three dimensions.
std::optional<Value> read_point(std::string_view text, std::uint32_t srid);

// "WGS-84", "wgs-84-3d", "cartesian", "cartesian-3D"; 0: none of them.
std::uint32_t srid_of(std::string_view crs);
// The name, or an empty one.
std::string_view crs_of(std::uint32_t srid);

}  // namespace manifolddb::migrate
