#include "migrate/cypher_statements.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "backup/line_pieces.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kCypherReadBytes = 256u << 10;
constexpr int kEndOfStatements = -1;

bool is_cypher_space(int c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Bytes that mean something to where a statement ends.
constexpr std::array<bool, 256> kEndsRun = [] {
  std::array<bool, 256> ends{};
  for (const char c : {';', '"', '\'', '`', '/'}) ends[static_cast<unsigned char>(c)] = true;
  return ends;
}();

}  // namespace

CypherStatements::CypherStatements(InputFiles& files, std::uint32_t file)
    : file_(file), name_(files.name(file)), input_(files.open(file)) {}

void CypherStatements::fail(const std::string& what) const {
  throw Error(ErrorCode::damaged, backup::line_place(name_, next_line_, next_byte_) + what);
}

Place CypherStatements::place_at(std::size_t offset) const {
  const std::string_view before = text().substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return {file_, next_line_ + static_cast<std::uint64_t>(lines), next_byte_ + before.size()};
}

// Makes the byte `ahead` of begin_ readable; false where the text ends before it.
bool CypherStatements::refill(std::size_t ahead) {
  while (begin_ + ahead >= end_) {
    if (at_end_) return false;
    if (ahead >= kStatementBytesMax) {
      fail("the statement is longer than " + std::to_string(kStatementBytesMax >> 20) +
           " MiB; is a quote not closed?");
    }
    if (begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() < end_ + kCypherReadBytes) {
      buffer_.resize(std::max(end_ + kCypherReadBytes, buffer_.size() * 2));
    }
    const std::size_t count = input_.source->read(buffer_.data() + end_, buffer_.size() - end_);
    at_end_ = count == 0;
    end_ += count;
  }
  return true;
}

int CypherStatements::peek(std::size_t ahead) {
  if (begin_ + ahead >= end_ && !refill(ahead)) return kEndOfStatements;
  return static_cast<unsigned char>(buffer_[begin_ + ahead]);
}

void CypherStatements::skip(std::size_t count) {
  const auto at = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
  next_line_ +=
      static_cast<std::uint64_t>(std::count(at, at + static_cast<std::ptrdiff_t>(count), '\n'));
  next_byte_ += count;
  begin_ += count;
}

bool CypherStatements::begins_comment(std::size_t ahead) {
  if (peek(ahead) != '/') return false;
  const int second = peek(ahead + 1);
  return second == '/' || second == '*';
}

// Behind the comment that begins at `ahead`: its line end, or its closing mark.
std::size_t CypherStatements::comment_end(std::size_t ahead) {
  const bool is_line = peek(ahead + 1) == '/';
  for (ahead += 2;; ++ahead) {
    const int c = peek(ahead);
    if (c == kEndOfStatements) {
      if (is_line) return ahead;
      fail("the text ends inside of a comment");
    }
    if (is_line && c == '\n') return ahead + 1;
    if (!is_line && c == '*' && peek(ahead + 1) == '/') return ahead + 2;
  }
}

// Behind the quote or backtick that closes the one at `ahead`. A doubled backtick closes a name and
// opens it again, which comes to the same.
std::size_t CypherStatements::quoted_end(std::size_t ahead) {
  const int quote = peek(ahead);
  for (++ahead;; ++ahead) {
    const int c = peek(ahead);
    if (c == kEndOfStatements) fail("the text ends inside of a statement that begins here");
    if (c == quote) return ahead + 1;
    if (c == '\\' && quote != '`') ++ahead;
  }
}

std::size_t CypherStatements::statement_end() {
  for (std::size_t ahead = 0;;) {
    switch (peek(ahead)) {
      case kEndOfStatements:
        fail("the text ends inside of a statement that begins here");
      case ';':
        return ahead;
      case '"':
      case '\'':
      case '`':
        ahead = quoted_end(ahead);
        break;
      case '/':
        ahead = begins_comment(ahead) ? comment_end(ahead) : ahead + 1;
        break;
      default:
        ++ahead;
        while (begin_ + ahead < end_ &&
               !kEndsRun[static_cast<unsigned char>(buffer_[begin_ + ahead])]) {
          ++ahead;
        }
    }
  }
}

void CypherStatements::skip_to_statement() {
  for (;;) {
    const int c = peek(0);
    if (is_cypher_space(c) || c == ';') {
      skip(1);
    } else if (begins_comment(0)) {
      skip(comment_end(0));
    } else {
      return;
    }
  }
}

bool CypherStatements::next() {
  if (has_statement_) skip(size_ + 1);
  has_statement_ = false;
  size_ = 0;
  skip_to_statement();
  if (peek(0) == kEndOfStatements) return false;
  size_ = statement_end();
  has_statement_ = true;
  return true;
}

}  // namespace manifolddb::migrate
