#include "migrate/csv_options.h"

#include <string>
#include <string_view>

#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

// What numbers, dates, times and points are written with.
constexpr std::string_view kOfValues = "+-.:{}[]_";

void check_character(char c, const char* what, std::string_view forbidden) {
  const bool is_of_word =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (!is_of_word && c > 0 && c != '\n' && c != '\r' &&
      forbidden.find(c) == std::string_view::npos) {
    return;
  }
  throw Error(ErrorCode::usage,
              std::string("the ") + what + " cannot be '" + c + "': it could not be told apart",
              "nothing was changed", "choose another character");
}

}  // namespace

void check_csv_options(const CsvOptions& options) {
  const char delimiter = options.delimiter.value_or(',');
  const std::string quote(1, options.quote);
  check_character(options.quote, "quote", {});
  check_character(delimiter, "delimiter", quote);
  check_character(options.array_delimiter, "array delimiter", std::string(kOfValues) + quote);
}

}  // namespace manifolddb::migrate
