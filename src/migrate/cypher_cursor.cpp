#include "migrate/cypher_cursor.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/text_source.h"

namespace manifolddb::migrate {

namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char to_capital(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_number_byte(char c) {
  return is_word_byte(c) || c == '.' || c == '+' || c == '-';
}

}  // namespace

void CypherCursor::reset(std::string_view text) {
  text_ = text;
  at_ = 0;
  unicode_ = Unicode::in_texts;
  unescaped_.clear();
}

void CypherCursor::fail(std::string_view expected) {
  constexpr std::size_t kShownBytes = 24;
  const std::string_view rest = text_.substr(std::min(at_, text_.size()));
  throw Error(ErrorCode::invalid_argument,
              "here " + std::string(expected) + " was expected, and " +
                  (rest.empty() ? "the statement ends"
                                : quote_text(rest.substr(0, kShownBytes)) + " stands"));
}

void CypherCursor::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      ++at_;
    } else if (text_.substr(at_).starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (text_.substr(at_).starts_with("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else {
      return;
    }
  }
}

bool CypherCursor::at_end() {
  skip_space();
  return at_ == text_.size();
}

char CypherCursor::peek() {
  return at_end() ? '\0' : text_[at_];
}

bool CypherCursor::take(std::string_view punctuation) {
  skip_space();
  if (!text_.substr(at_).starts_with(punctuation)) return false;
  at_ += punctuation.size();
  return true;
}

void CypherCursor::expect(std::string_view punctuation) {
  if (!take(punctuation)) fail("'" + std::string(punctuation) + "'");
}

std::string_view CypherCursor::plain_word() const {
  std::size_t end = at_;
  while (end < text_.size() && is_word_byte(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

std::string_view CypherCursor::peek_word() {
  skip_space();
  return plain_word();
}

bool CypherCursor::is_word_before(std::string_view punctuation) {
  const std::size_t size = peek_word().size();
  return size != 0 && text_.substr(at_ + size).starts_with(punctuation);
}

bool CypherCursor::take_word(std::string_view word) {
  const std::string_view found = peek_word();
  if (!std::equal(found.begin(), found.end(), word.begin(), word.end(),
                  [](char a, char b) { return to_capital(a) == b; })) {
    return false;
  }
  at_ += found.size();
  return true;
}

void CypherCursor::expect_word(std::string_view word) {
  if (!take_word(word)) fail(word);
}

void CypherCursor::expect_end() {
  if (!at_end()) fail("the end of the statement");
}

std::string_view CypherCursor::name() {
  skip_space();
  if (at_ < text_.size() && text_[at_] == '`') return quoted_name();
  const std::string_view word = plain_word();
  if (word.empty() || (word.front() >= '0' && word.front() <= '9')) fail("a name");
  at_ += word.size();
  return word;
}

std::string_view CypherCursor::quoted_name() {
  const std::size_t begin = ++at_;
  const bool may_escape = unicode_ == Unicode::everywhere;
  while (at_ < text_.size() && text_[at_] != '`' && !(may_escape && text_[at_] == '\\')) ++at_;
  if (at_ < text_.size() && text_[at_] == '`' && !text_.substr(at_).starts_with("``")) {
    return text_.substr(begin, at_++ - begin);
  }
  std::string& name = unescaped_.emplace_back(text_.substr(begin, at_ - begin));
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '`' && !text_.substr(at_).starts_with('`')) return name;
    if (c == '`') ++at_;
    if (c == '\\' && may_escape && text_.substr(at_).starts_with('u')) {
      ++at_;
      append_utf8(code_point(), name);
    } else {
      name += c;
    }
  }
  fail("a backtick");
}

// The four digits of \uXXXX.
std::uint32_t CypherCursor::code_unit() {
  constexpr std::size_t kDigits = 4;
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), kDigits);
  std::uint32_t unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (error != std::errc() || end != digits.data() + kDigits) fail("four digits of a \\u");
  at_ += kDigits;
  return unit;
}

std::uint32_t CypherCursor::code_point() {
  const std::uint32_t unit = code_unit();
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit > 0xDBFF || !text_.substr(at_).starts_with("\\u")) {
    fail("the other half of a surrogate pair");
  }
  at_ += 2;
  const std::uint32_t low = code_unit();
  if (low < 0xDC00 || low > 0xDFFF) fail("the other half of a surrogate pair");
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

// What stands behind a backslash in a text.
void CypherCursor::append_escape(char quote, std::string& out) {
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  ++at_;
  switch (c) {
    case 'b':
      out += '\b';
      return;
    case 'f':
      out += '\f';
      return;
    case 'n':
      out += '\n';
      return;
    case 'r':
      out += '\r';
      return;
    case 't':
      out += '\t';
      return;
    case '\\':
    case '\'':
    case '"':
    case '`':
      out += c;
      return;
    case 'u':
      break;
    default:
      --at_;
      fail("one of \\ ' \" ` b f n r t u");
  }
  const std::uint32_t point = code_point();
  // Where such characters are read first, a backslash is one that escapes.
  if (point != '\\' || unicode_ == Unicode::in_texts) return append_utf8(point, out);
  if (text_.substr(at_).starts_with("\\u005C") || text_.substr(at_).starts_with("\\u005c")) {
    at_ += 6;
    out += '\\';
    return;
  }
  append_escape(quote, out);
}

std::string_view CypherCursor::text() {
  skip_space();
  const char quote = at_ < text_.size() ? text_[at_] : '\0';
  if (quote != '"' && quote != '\'') fail("a text in quotes");
  const std::size_t begin = ++at_;
  while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\\') ++at_;
  if (at_ < text_.size() && text_[at_] == quote) return text_.substr(begin, at_++ - begin);
  std::string& out = unescaped_.emplace_back(text_.substr(begin, at_ - begin));
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == quote) return out;
    if (c == '\\') {
      append_escape(quote, out);
    } else {
      out += c;
    }
  }
  fail("a closing quote");
}

char CypherCursor::character() {
  skip_space();
  const char quote = at_ < text_.size() ? text_[at_] : '\0';
  if (quote != '"' && quote != '\'') fail("a character in quotes");
  const bool is_escaped = text_.substr(at_ + 1).starts_with('\\') &&
                          text_.substr(std::min(at_ + 3, text_.size())).starts_with(quote);
  const std::size_t at = at_ + (is_escaped ? 2 : 1);
  if (!text_.substr(std::min(at + 1, text_.size())).starts_with(quote)) {
    fail("one character in quotes");
  }
  const char c = text_[at];
  const bool is_tab = is_escaped && c == 't';
  const bool is_letter = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c == '\n' || c == '\r' || (is_escaped && is_letter && !is_tab)) {
    fail("one character in quotes, and no line end,");
  }
  at_ = at + 2;
  return is_tab ? '\t' : c;
}

Value CypherCursor::number() {
  skip_space();
  std::size_t end = at_ < text_.size() && text_[at_] == '-' ? at_ + 1 : at_;
  while (end < text_.size() && is_number_byte(text_[end])) {
    // A sign belongs to an exponent.
    const bool is_sign = text_[end] == '+' || text_[end] == '-';
    if (is_sign && text_[end - 1] != 'e' && text_[end - 1] != 'E') break;
    ++end;
  }
  const std::string_view digits = text_.substr(at_, end - at_);
  const char* const last = digits.data() + digits.size();
  if (digits.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t whole = 0;
    const auto [stop, error] = std::from_chars(digits.data(), last, whole);
    if (error == std::errc::result_out_of_range) fail("a whole number of 64 bits");
    if (error != std::errc() || stop != last) fail("a number");
    at_ = end;
    return whole;
  }
  double real = 0;
  const auto [stop, error] = std::from_chars(digits.data(), last, real);
  if (error == std::errc::result_out_of_range) fail("a number in the range of a double");
  if (error != std::errc() || stop != last) fail("a number");
  at_ = end;
  return real;
}

std::int64_t CypherCursor::integer() {
  skip_space();
  const std::size_t begin = at_;
  const Value value = number();
  if (const auto* whole = value.get_if<std::int64_t>()) return *whole;
  at_ = begin;
  fail("a whole number");
}

void CypherCursor::skip_expression() {
  for (std::size_t depth = 0; !at_end();) {
    switch (text_[at_]) {
      case '"':
      case '\'':
      case '`': {
        const std::size_t unescaped = unescaped_.size();
        text_[at_] == '`' ? name() : text();
        unescaped_.resize(unescaped);
        continue;
      }
      case '(':
      case '[':
      case '{':
        ++depth;
        break;
      case ')':
      case ']':
      case '}':
        if (depth == 0) return;
        --depth;
        break;
      case ',':
        if (depth == 0) return;
        break;
      default:
        break;
    }
    ++at_;
  }
}

}  // namespace manifolddb::migrate
