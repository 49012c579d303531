// Invariant: whatever stands in a field of a column of whatever type of Kuzu, it is a property that
// is canonical, or Error{invalid_argument}. The first line is the type, the rest the field.
#include <string>
#include <string_view>

#include "checking_sink.h"
#include "fuzz_target.h"
#include "manifolddb/error.h"
#include "migrate/kuzu_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manifolddb;
  constexpr std::size_t kFuzzedBytesMax = 16u << 10;
  if (size > kFuzzedBytesMax) return 0;
  const std::string_view text = fuzz::as_text(data, size);
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return 0;
  try {
    migrate::CypherCursor cursor;
    cursor.reset(text.substr(0, line_end));
    const migrate::KuzuType type = migrate::parse_kuzu_type(cursor);
    migrate::PropertyList properties;
    fuzz::CheckingSink sink(size);
    const migrate::Place place{0, 1, 0};
    migrate::add_kuzu_value("v", text.substr(line_end + 1), type, sink, place, properties);
    sink.node({place, {}, {}, &properties});
  } catch (const Error& error) {
    fuzz::require(error.code() == ErrorCode::invalid_argument, "bad values are bad arguments");
  }
  return 0;
}
