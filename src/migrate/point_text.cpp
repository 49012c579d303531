#include "migrate/point_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

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

bool take_member(std::string_view key, std::string_view value, PointMembers& members) {
  const std::string name = lower(key);
  if (name == "crs") return members.take_crs(value);
  const std::optional<double> coordinate = number(value);
  return coordinate && members.take_number(name, *coordinate);
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

bool PointMembers::take_crs(std::string_view crs) {
  srid_ = srid_of(crs);
  return *srid_ != 0;
}

bool PointMembers::take_number(std::string_view name, double number) {
  if (name == "srid") {
    constexpr double kSridMax = std::numeric_limits<std::uint32_t>::max();
    if (!(number >= 0 && number <= kSridMax)) return false;
    srid_ = static_cast<std::uint32_t>(number);
    return *srid_ == number;
  }
  std::optional<double>* to = nullptr;
  if (name == "x" || name == "longitude") to = &x_;
  if (name == "y" || name == "latitude") to = &y_;
  if (name == "z" || name == "height") to = &z_;
  if (to == nullptr || to->has_value()) return false;
  *to = number;
  is_geographic_ = is_geographic_ || name == "longitude" || name == "latitude";
  return true;
}

std::optional<Point> PointMembers::point(std::uint32_t srid) const {
  if (!x_ || !y_) return std::nullopt;
  if (srid == 0) {
    srid = srid_of(is_geographic_ ? (z_ ? "wgs-84-3d" : "wgs-84")
                                  : (z_ ? "cartesian-3d" : "cartesian"));
  }
  return Point{srid_.value_or(srid), *x_, *y_, z_};
}

std::optional<Value> read_point(std::string_view text, std::uint32_t srid) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  PointMembers members;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view member = text.substr(at, end - at);
    const std::size_t colon = member.find(':');
    if (colon == std::string_view::npos ||
        !take_member(bare(member.substr(0, colon)), bare(member.substr(colon + 1)), members)) {
      return std::nullopt;
    }
    at = end + 1;
  }
  const std::optional<Point> point = members.point(srid);
  return point ? std::optional<Value>(*point) : std::nullopt;
}

}  // namespace manifolddb::migrate
