#include "backup/json_scanner.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "common/text.h"

namespace manifolddb::backup {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_number_byte(char c) {
  return is_digit(c) || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Whether a number that from_chars finds out of range is too large (rather than too near to zero):
// it is when the power of ten of its first digit that is not 0 is positive.
bool is_too_large(std::string_view number) {
  constexpr std::int64_t kExponentMax = 1'000'000'000;
  std::int64_t exponent = 0;
  const std::size_t e = number.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::size_t at = e + 1;
    const bool negative = number[at] == '-';
    if (!is_digit(number[at])) ++at;
    for (; at < number.size() && exponent < kExponentMax; ++at) {
      exponent = exponent * 10 + (number[at] - '0');
    }
    if (negative) exponent = -exponent;
  }
  const std::string_view digits = number.substr(0, e);
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = digits.find_first_not_of("-0.");
  if (first == std::string_view::npos) return false;
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent > 0;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<LineError> run() {
    while (!failed_) {
      skip_spaces();
      if (state_ == State::done) {
        if (at_ != text_.size()) fail("text behind the JSON value");
        break;
      }
      step();
    }
    if (failed_) return error_;
    return std::nullopt;
  }

 private:
  enum class State { value, value_or_end, key, key_or_end, colon, comma_or_end, done };

  void fail_at(std::size_t byte, std::string what) {
    failed_ = true;
    error_ = {byte, std::move(what)};
  }
  void fail(std::string what) { fail_at(at_, std::move(what)); }

  void unexpected(const char* expected) {
    if (at_ == text_.size())
      return fail(std::string("the text ends where ") + expected + " belongs");
    fail(quote_text(text_.substr(at_, 1)) + " where " + expected + " belongs");
  }

  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  void step() {
    switch (state_) {
      case State::value_or_end:
        if (next_is(']')) return close();
        return value();
      case State::value:
        return value();
      case State::key_or_end:
        if (next_is('}')) return close();
        return key();
      case State::key:
        return key();
      case State::colon:
        if (!next_is(':')) return unexpected("':'");
        ++at_;
        state_ = State::value;
        return;
      case State::comma_or_end:
        return comma_or_end();
      case State::done:
        return;
    }
  }

  void key() {
    if (!next_is('"')) return unexpected("a key");
    string();
    state_ = State::colon;
  }

  void comma_or_end() {
    const bool in_object = open_[depth_ - 1] == '{';
    if (next_is(',')) {
      ++at_;
      state_ = in_object ? State::key : State::value;
    } else if (next_is(in_object ? '}' : ']')) {
      close();
    } else {
      unexpected(in_object ? "',' or '}'" : "',' or ']'");
    }
  }

  void close() {
    ++at_;
    --depth_;
    end_value();
  }
  void end_value() { state_ = depth_ == 0 ? State::done : State::comma_or_end; }

  void open(State inside) {
    if (depth_ == open_.size()) {
      return fail("nested deeper than " + std::to_string(kJsonDepthMax));
    }
    open_[depth_++] = text_[at_++];
    state_ = inside;
  }

  void value() {
    if (at_ == text_.size()) return unexpected("a value");
    switch (text_[at_]) {
      case '{':
        return open(State::key_or_end);
      case '[':
        return open(State::value_or_end);
      case '"':
        string();
        return end_value();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        break;
    }
    if (text_[at_] != '-' && !is_digit(text_[at_])) return unexpected("a value");
    number();
  }

  // Literals and numbers end where white space, a separator or the text's end follows.
  void expect_delimiter() {
    if (at_ == text_.size() || is_space(text_[at_])) return;
    const char c = text_[at_];
    if (c != ',' && c != ']' && c != '}' && c != ':') unexpected("the end of the value");
  }

  void literal(std::string_view word) {
    for (const char c : word) {
      if (!next_is(c)) return unexpected(word.data());
      ++at_;
    }
    expect_delimiter();
    end_value();
  }

  bool digits() {
    if (at_ == text_.size() || !is_digit(text_[at_])) {
      unexpected("a digit");
      return false;
    }
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return true;
  }

  void number() {
    const std::size_t start = at_;
    bool is_integer = true;
    if (next_is('-')) ++at_;
    if (next_is('0')) {
      ++at_;
      if (at_ < text_.size() && is_digit(text_[at_])) return fail("a number with a leading zero");
    } else if (!digits()) {
      return;
    }
    if (next_is('.')) {
      is_integer = false;
      ++at_;
      if (!digits()) return;
    }
    if (next_is('e') || next_is('E')) {
      is_integer = false;
      ++at_;
      if (next_is('+') || next_is('-')) ++at_;
      if (!digits()) return;
    }
    expect_delimiter();
    if (failed_) return;
    check_range(start, is_integer);
    end_value();
  }

  void check_range(std::size_t start, bool is_integer) {
    const char* first = text_.data() + start;
    const char* last = text_.data() + at_;
    std::errc code{};
    if (!is_integer) {
      double value = 0;
      code = std::from_chars(first, last, value).ec;
      if (code != std::errc{} && is_too_large(text_.substr(start, at_ - start))) {
        fail_at(start, "a number outside the range of 64-bit floats");
      }
      return;
    }
    if (*first == '-') {
      std::int64_t value = 0;
      code = std::from_chars(first, last, value).ec;
    } else {
      std::uint64_t value = 0;
      code = std::from_chars(first, last, value).ec;
    }
    if (code != std::errc{}) fail_at(start, "an integer outside the range of 64 bits");
  }

  void string() {
    ++at_;
    while (at_ < text_.size() && !failed_) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return;
      }
      if (byte < 0x20) return fail("a control character in a string");
      if (byte == '\\') {
        escape();
      } else {
        ++at_;
      }
    }
    if (!failed_) fail("the text ends inside a string");
  }

  void escape() {
    const std::size_t start = at_++;
    if (at_ == text_.size()) return fail("the text ends inside a string");
    if (text_[at_] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
        return fail_at(start, "an unknown escape");
      }
      ++at_;
      return;
    }
    --at_;
    int unit = code_unit();
    if (failed_ || unit < 0xd800 || unit > 0xdfff) return;
    const bool pair_follows = unit < 0xdc00 && text_.substr(at_, 2) == "\\u";
    if (pair_follows) {
      unit = code_unit();
      if (failed_ || (unit >= 0xdc00 && unit <= 0xdfff)) return;
    }
    fail_at(start, "a lone surrogate");
  }

  // Four hex digits behind the \u at at_.
  int code_unit() {
    const std::size_t start = at_;
    int unit = 0;
    at_ += 2;
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = at_ < text_.size() ? hex_value(text_[at_]) : -1;
      if (digit < 0) {
        fail_at(start, "\\u without four hex digits");
        return 0;
      }
      unit = unit * 16 + digit;
    }
    return unit;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  State state_ = State::value;
  std::size_t depth_ = 0;
  std::array<char, kJsonDepthMax> open_{};
  bool failed_ = false;
  LineError error_;
};

}  // namespace

std::optional<LineError> find_json_error(std::string_view text) {
  std::optional<LineError> error = Scanner(text).run();
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != kValidUtf8 && (!error || invalid <= error->byte)) {
    return LineError{invalid, "invalid UTF-8"};
  }
  return error;
}

std::size_t TokenFinder::find(std::size_t tape_index) {
  skip_separators();
  while (tape_index_ < tape_index) {
    tape_index_ = tape_.next_token(tape_index_);
    skip_token();
    skip_separators();
  }
  return byte_;
}

std::string_view TokenFinder::number_at(std::size_t tape_index) {
  const std::size_t start = find(tape_index);
  std::size_t end = start;
  while (end < text_.size() && is_number_byte(text_[end])) ++end;
  return text_.substr(start, end - start);
}

void TokenFinder::skip_separators() {
  while (byte_ < text_.size() &&
         (is_space(text_[byte_]) || text_[byte_] == ',' || text_[byte_] == ':')) {
    ++byte_;
  }
}

void TokenFinder::skip_token() {
  if (byte_ >= text_.size()) return;
  const char c = text_[byte_];
  if (c == '{' || c == '}' || c == '[' || c == ']') {
    ++byte_;
  } else if (c == '"') {
    for (++byte_; byte_ < text_.size() && text_[byte_] != '"'; ++byte_) {
      if (text_[byte_] == '\\') ++byte_;
    }
    ++byte_;
  } else {
    while (byte_ < text_.size() && !is_space(text_[byte_]) && text_[byte_] != ',' &&
           text_[byte_] != ']' && text_[byte_] != '}') {
      ++byte_;
    }
  }
}

}  // namespace manifolddb::backup
