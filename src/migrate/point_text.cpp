#include "migrate/point_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace manifolddb::migrate {

namespace {

struct Crs {
  std::string_view name;
  std::uint32_t srid;
};

// https://neo4j.com/docs/cypher-manual/current/values-and-types/spatial/
constexpr std::array<Crs, 4> kCrs{
    {{"wgs-84", 4326}, {"wgs-84-3d", 4979}, {"cartesian", 7203}, {"cartesian-3d", 9157}}};

std::string lower(std::string_view text) {
  std::string word(text);
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

std::string_view bare(std::string_view text) {
  constexpr std::string_view kAround = " \t\"'";
  const std::size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kAround) - begin + 1);
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct PointParts {
  std::optional<double> x, y, z;
  bool geographic = false;
  std::optional<std::uint32_t> srid;
};

bool take_member(std::string_view key, std::string_view value, PointParts& parts) {
  const std::string name = lower(key);
  if (name == "crs") {
    parts.srid = srid_of(value);
    return *parts.srid != 0;
  }
  const std::optional<double> coordinate = number(value);
  if (!coordinate) return false;
  if (name == "srid") {
    if (*coordinate < 0 || *coordinate > 4294967295.0) return false;
    parts.srid = static_cast<std::uint32_t>(*coordinate);
    return parts.srid == *coordinate;
  }
  std::optional<double>* to = nullptr;
  if (name == "x" || name == "longitude") to = &parts.x;
  if (name == "y" || name == "latitude") to = &parts.y;
  if (name == "z" || name == "height") to = &parts.z;
  if (to == nullptr || to->has_value()) return false;
  *to = coordinate;
  parts.geographic = parts.geographic || name == "longitude" || name == "latitude";
  return true;
}

}  // namespace

std::uint32_t srid_of(std::string_view crs) {
  const std::string name = lower(crs);
  for (const Crs& known : kCrs) {
    if (known.name == name) return known.srid;
  }
  return 0;
}

std::string_view crs_of(std::uint32_t srid) {
  for (const Crs& known : kCrs) {
    if (known.srid == srid) return known.name;
  }
  return {};
}

std::optional<Value> read_point(std::string_view text, std::uint32_t srid) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  PointParts parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view member = text.substr(at, end - at);
    const std::size_t colon = member.find(':');
    if (colon == std::string_view::npos ||
        !take_member(bare(member.substr(0, colon)), bare(member.substr(colon + 1)), parts)) {
      return std::nullopt;
    }
    at = end + 1;
  }
  if (!parts.x || !parts.y) return std::nullopt;
  Point point;
  point.srid = parts.srid.value_or(srid);
  if (point.srid == 0 && !parts.srid) {
    point.srid = srid_of(parts.geographic ? (parts.z ? "wgs-84-3d" : "wgs-84")
                                          : (parts.z ? "cartesian-3d" : "cartesian"));
  }
  point.x = *parts.x;
  point.y = *parts.y;
  point.z = parts.z;
  return point;
}

}  // namespace manifolddb::migrate
