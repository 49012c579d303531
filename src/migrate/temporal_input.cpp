#include "migrate/temporal_input.h"

#include <string>

#include "common/temporal_text.h"
#include "common/text.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kZoneNotKept =
    "a time zone's name without an offset is not kept: the time is a local one";

bool all_digits(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return true;
}

// An offset as +HH:MM or Z; empty when it is none.
std::string strict_offset(std::string_view offset) {
  if (offset == "Z" || offset == "z") return "Z";
  if (offset.empty() || (offset[0] != '+' && offset[0] != '-')) return {};
  const std::string sign(1, offset[0]);
  offset.remove_prefix(1);
  if (offset.size() == 2 && all_digits(offset)) return sign + std::string(offset) + ":00";
  if (offset.size() == 4 && all_digits(offset)) {
    return sign + std::string(offset.substr(0, 2)) + ":" + std::string(offset.substr(2));
  }
  if (offset.size() == 5 && offset[2] == ':') return sign + std::string(offset);
  return {};
}

// HH:MM:SS of HH:MM and HH:MM:SS, the offset apart.
bool split_time(std::string_view text, std::string& time, std::string& offset) {
  const std::size_t at = text.find_first_of("Zz+-");
  time = text.substr(0, at);
  if (time.size() == 5) time += ":00";
  offset.clear();
  if (at == std::string_view::npos) return true;
  offset = strict_offset(text.substr(at));
  return !offset.empty();
}

}  // namespace

std::optional<Value> read_date(std::string_view text) {
  Date date;
  if (!parse_date(text, date.days)) return std::nullopt;
  return date;
}

std::optional<Value> read_time(std::string_view text) {
  std::string clock, offset;
  if (!text.empty() && text.front() == 'T') text.remove_prefix(1);
  Time time;
  if (!split_time(text, clock, offset) || !parse_time(clock + offset, time)) return std::nullopt;
  return time;
}

std::optional<Value> read_datetime(std::string_view text, std::string_view zone,
                                   const char*& note) {
  constexpr std::size_t kDateBytes = 10;
  if (text.size() < kDateBytes) return std::nullopt;
  std::string_view rest = text.substr(kDateBytes);
  if (!rest.empty() && rest.front() != 'T' && rest.front() != ' ') return std::nullopt;
  if (!rest.empty()) rest.remove_prefix(1);
  std::string_view zone_name;
  if (const std::size_t bracket = rest.find('[');
      bracket != std::string_view::npos && rest.back() == ']') {
    zone_name = rest.substr(bracket + 1, rest.size() - bracket - 2);
    rest = rest.substr(0, bracket);
  }
  std::string clock, offset;
  if (!split_time(rest.empty() ? "00:00:00" : rest, clock, offset)) return std::nullopt;
  if (offset.empty() && zone_name.empty() && !zone.empty()) {
    offset = strict_offset(zone);
    if (offset.empty()) zone_name = zone;
  }
  if (offset.empty() && !zone_name.empty()) {
    if (zone_name == "UTC" || zone_name == "Z") {
      offset = "Z";
    } else {
      zone_name = {};
      note = kZoneNotKept;
    }
  }
  std::string strict =
      std::string(text.substr(0, kDateBytes)).append("T").append(clock).append(offset);
  if (!zone_name.empty()) strict.append("[").append(zone_name).append("]");
  DateTimeText parsed;
  if (!parse_datetime(strict, parsed)) return std::nullopt;
  DateTime result;
  result.days = parsed.days;
  result.nanoseconds = parsed.nanoseconds;
  result.offset_minutes = parsed.offset_minutes;
  if (!parsed.zone.empty()) result.zone = std::string(parsed.zone);
  return result;
}

std::optional<Value> read_duration(std::string_view text) {
  Duration duration;
  if (!parse_duration(text, duration)) return std::nullopt;
  return duration;
}

}  // namespace manifolddb::migrate
