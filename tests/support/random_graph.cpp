#include "support/random_graph.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <map>
#include <set>

namespace manifolddb::test_support {

namespace {

constexpr std::int32_t kFirstDay = -719162;  // 0001-01-01
constexpr std::int32_t kLastDay = 2932896;   // 9999-12-31
constexpr std::int64_t kDayNanoseconds = 86'400'000'000'000;

// One of a fixed list.
template <typename T, std::size_t N>
const T& pick(RandomValues& random, const T (&items)[N]) {
  return items[random.below(N)];
}

}  // namespace

std::uint64_t RandomValues::below(std::uint64_t bound) {
  // std::uniform_int_distribution differs between libraries; the small bias of % does no harm here.
  return random_() % bound;
}

std::int64_t RandomValues::integer() {
  static constexpr std::int64_t kExtremes[] = {0,
                                               1,
                                               -1,
                                               std::numeric_limits<std::int64_t>::min(),
                                               std::numeric_limits<std::int64_t>::min() + 1,
                                               std::numeric_limits<std::int64_t>::max(),
                                               std::numeric_limits<std::int64_t>::max() - 1,
                                               (std::int64_t{1} << 53) + 1,
                                               -(std::int64_t{1} << 53) - 1,
                                               std::int64_t{1} << 32};
  if (one_in(4)) return pick(*this, kExtremes);
  const auto raw = static_cast<std::int64_t>(bits());
  return raw >> below(64);
}

double RandomValues::real() {
  static constexpr std::uint64_t kExtremes[] = {
      0x0000000000000000u, 0x8000000000000000u,  // zeros
      0x0000000000000001u, 0x800fffffffffffffu,  // subnormals
      0x0010000000000000u, 0x7fefffffffffffffu,  // smallest normal, largest
      0x7ff0000000000000u, 0xfff0000000000000u,  // infinities
      0x7ff8000000000000u, 0xfff8000000000000u,  // quiet NaNs
      0x7ff0000000000001u, 0x7ff8000000000001u, 0xffffffffffffffffu,
      0x4340000000000000u, 0x4340000000000001u,  // 2^53 and next
      0x3ff0000000000000u, 0x4059000000000000u, 0x54b249ad2594c37du};
  if (one_in(3)) return std::bit_cast<double>(pick(*this, kExtremes));
  if (one_in(2)) return static_cast<double>(below(2'000'000)) / 1000 - 1000;
  return std::bit_cast<double>(bits());
}

float RandomValues::real32() {
  static constexpr std::uint32_t kExtremes[] = {0x00000000u, 0x80000000u, 0x00000001u, 0x807fffffu,
                                                0x00800000u, 0x7f7fffffu, 0x7f800000u, 0xff800000u,
                                                0x7fc00000u, 0xffc00000u, 0x7f800001u, 0x7fc00001u,
                                                0xffffffffu, 0x4b800000u, 0x501502f9u, 0x3f800000u};
  if (one_in(3)) return std::bit_cast<float>(pick(*this, kExtremes));
  if (one_in(2)) return static_cast<float>(below(20'000)) / 10'000 - 1;
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits()));
}

std::string RandomValues::text() {
  static constexpr std::string_view kPieces[] = {"a",
                                                 "B",
                                                 "0",
                                                 " ",
                                                 "\"",
                                                 "\\",
                                                 "/",
                                                 "\n",
                                                 "\t",
                                                 "\x01",
                                                 "\x1f",
                                                 "\x7f",
                                                 "é",
                                                 "ß",
                                                 "東",
                                                 "京",
                                                 "🚀",
                                                 "\u0301",
                                                 "\u202e",
                                                 "\ufeff",
                                                 "\U0010ffff",
                                                 "$",
                                                 "{",
                                                 "word ",
                                                 "</script>",
                                                 "\u2028",
                                                 "\xed\x9f\xbf",
                                                 "\xee\x80\x80",
                                                 "\r",
                                                 "\b",
                                                 "\f",
                                                 "%s",
                                                 "'",
                                                 "graph ",
                                                 "\xc2\x80"};
  std::size_t size = below(options_.string_bytes_max + 1);
  if (one_in(10)) size = 0;
  if (one_in(200)) size = options_.huge_string_bytes;
  std::string result;
  while (result.size() < size) {
    if (one_in(30)) {
      result.push_back('\0');
    } else {
      result += pick(*this, kPieces);
    }
  }
  return result;
}

std::string RandomValues::bytes() {
  std::string result(one_in(10) ? 0 : below(options_.string_bytes_max + 1), '\0');
  if (one_in(200)) result.resize(options_.huge_string_bytes);
  for (char& byte : result) byte = static_cast<char>(bits());
  return result;
}

std::string RandomValues::key() {
  static constexpr std::string_view kKeys[] = {
      "name", "age", "",     "$",        "$date",     "$map",   "$vector", "$float",
      "!",    "~",   "type", "data",     "id",        "a",      "aa",      "A",
      "\"",   "\\",  "ключ", "$unknown", "$datetime", "labels", "日本語",  "é"};
  if (one_in(50)) return text();
  if (one_in(3)) return "k" + std::to_string(below(100));
  return std::string(pick(*this, kKeys));
}

std::int32_t RandomValues::days() {
  static constexpr std::int32_t kExtremes[] = {kFirstDay,
                                               kLastDay,
                                               0,
                                               -1,
                                               19782 /* 2024-02-29 */,
                                               11016 /* 2000-02-29 */,
                                               -25509 /* 1900-02-28 */,
                                               -25508 /* 1900-03-01 */,
                                               -718893 /* 0001-09-27 */};
  if (one_in(2)) return pick(*this, kExtremes);
  return kFirstDay + static_cast<std::int32_t>(below(std::uint64_t{kLastDay - kFirstDay} + 1));
}

std::int64_t RandomValues::nanoseconds() {
  static constexpr std::int64_t kExtremes[] = {
      0, 1, kDayNanoseconds - 1, 500'000'000, 1'000'000'000, 78'420'123'456'700};
  if (one_in(2)) return pick(*this, kExtremes);
  return static_cast<std::int64_t>(below(std::uint64_t{kDayNanoseconds}));
}

std::int16_t RandomValues::offset() {
  static constexpr std::int16_t kExtremes[] = {0, 1, -1, 60, -60, 1439, -1439, 330, -210};
  if (one_in(2)) return pick(*this, kExtremes);
  return static_cast<std::int16_t>(static_cast<int>(below(2879)) - 1439);
}

Duration RandomValues::duration() {
  static constexpr std::int32_t kFractions[] = {0, 1, 500'000'000, 999'999'999};
  Duration result;
  if (!one_in(3)) result.months = integer();
  if (!one_in(3)) result.days = integer();
  if (!one_in(3)) result.seconds = integer();
  result.nanoseconds =
      one_in(2) ? pick(*this, kFractions) : static_cast<std::int32_t>(below(1'000'000'000));
  return result;
}

Value RandomValues::temporal() {
  static const std::string kZones[] = {"Europe/Paris",        "Etc/GMT+5", "UTC", "a",
                                       std::string(255, 'Z'), "x_y.z:-/0"};
  switch (below(4)) {
    case 0:
      return Date{days()};
    case 1: {
      Time time{nanoseconds(), {}};
      if (one_in(2)) time.offset_minutes = offset();
      return time;
    }
    case 2: {
      DateTime time{days(), nanoseconds(), {}, {}};
      if (!one_in(3)) time.offset_minutes = offset();
      if (time.offset_minutes && one_in(2)) time.zone = pick(*this, kZones);
      return time;
    }
    default:
      return duration();
  }
}

Value RandomValues::scalar() {
  switch (below(8)) {
    case 0:
      return {};
    case 1:
      return one_in(2);
    case 2:
      return integer();
    case 3:
      return real();
    case 4:
      return text();
    case 5:
      return Bytes{bytes()};
    case 6: {
      Point point{static_cast<std::uint32_t>(bits() >> below(64)), real(), real(), {}};
      if (one_in(2)) point.z = real();
      return point;
    }
    default:
      return temporal();
  }
}

std::vector<float> RandomValues::floats() {
  std::vector<float> result(below(options_.items_max + 1));
  for (float& element : result) element = real32();
  return result;
}

SparseVector RandomValues::sparse_vector() {
  std::set<std::uint32_t> indices;
  const std::size_t count = below(options_.items_max + 1);
  while (indices.size() < count) {
    indices.insert(one_in(5) ? 0xffffffffu : static_cast<std::uint32_t>(bits() >> below(64)));
  }
  SparseVector result{{indices.begin(), indices.end()}, {}};
  for (std::size_t i = 0; i < count; ++i) result.values.push_back(real32());
  return result;
}

MultiVector RandomValues::multi_vector() {
  MultiVector result;
  result.rows.resize(below(options_.items_max + 1));
  for (auto& row : result.rows) row = floats();
  return result;
}

List RandomValues::list(int depth) {
  List result(below(options_.items_max + 1));
  for (Value& item : result) item = value_at(depth + 1);
  return result;
}

Map RandomValues::map(int depth) {
  Map result;
  for (std::size_t i = below(options_.items_max + 1); i > 0; --i) {
    result[key()] = value_at(depth + 1);
  }
  return result;
}

Value RandomValues::structure(int depth) {
  switch (below(5)) {
    case 0:
      return Vector{floats()};
    case 1:
      return sparse_vector();
    case 2:
      return multi_vector();
    case 3:
      return list(depth);
    default:
      return map(depth);
  }
}

// One list or map in the other, with a scalar at the deepest level allowed.
Value RandomValues::nested_to_the_limit(int depth) {
  if (depth == options_.depth_max) return scalar();
  if (one_in(2)) return List{nested_to_the_limit(depth + 1)};
  Map map;
  map[key()] = nested_to_the_limit(depth + 1);
  return map;
}

Value RandomValues::value_at(int depth) {
  if (depth >= options_.depth_max || !one_in(3)) return scalar();
  return structure(depth);
}

Value RandomValues::value() {
  return one_in(100) ? nested_to_the_limit(1) : value_at(1);
}

Properties RandomValues::properties() {
  Properties result;
  for (std::size_t i = below(options_.properties_max + 1); i > 0; --i) result[key()] = value();
  return result;
}

std::vector<std::string> RandomValues::labels() {
  std::set<std::string> result;
  for (std::size_t i = below(4); i > 0; --i) {
    result.insert(one_in(20) ? key() : "Label" + std::to_string(below(8)));
  }
  return {result.begin(), result.end()};
}

std::uint64_t RandomValues::id(std::uint64_t dense) {
  if (options_.ids == IdChoice::dense) return dense;
  if (one_in(50)) return one_in(2) ? kIdMax : 1;
  return std::max<std::uint64_t>(1, (bits() & kIdMax) >> below(63));
}

RandomGraph make_random_graph(std::uint64_t seed, RandomGraphOptions options) {
  RandomValues random(seed, options);
  std::map<std::uint64_t, Entity> entities;
  while (entities.size() < options.entities) {
    const std::uint64_t id = random.id(entities.size() + 1);
    entities[id] = {{id}, random.labels(), random.properties()};
  }
  RandomGraph graph;
  for (auto& [id, entity] : entities) graph.entities.push_back(std::move(entity));

  std::map<std::uint64_t, Edge> edges;
  const auto any_entity = [&] { return graph.entities[random.below(graph.entities.size())].id; };
  while (!graph.entities.empty() && edges.size() < options.edges) {
    const std::uint64_t id = random.id(edges.size() + 1);
    std::string type = random.one_in(20) ? random.key() : "TYPE" + std::to_string(random.below(4));
    const EntityId source = any_entity();
    const EntityId target = random.one_in(10) ? source : any_entity();
    edges[id] = {{id}, source, target, std::move(type), random.properties()};
  }
  for (auto& [id, edge] : edges) graph.edges.push_back(std::move(edge));

  std::map<std::string, std::string> metadata;
  while (metadata.size() < options.metadata) {
    // Most callers' keys are text. Keys are kept short as in life, and the empty one is left out.
    std::string key = random.one_in(3) ? random.bytes() : random.key();
    if (!key.empty() && key.size() <= 1024) metadata[key] = random.bytes();
  }
  for (auto& [key, value] : metadata) graph.metadata.push_back({key, value});
  return graph;
}

}  // namespace manifolddb::test_support
