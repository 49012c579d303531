#include "migrate/json_records.h"

#include <algorithm>
#include <cstring>

#include "backup/json_scanner.h"
#include "backup/line_pieces.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kReadBytes = 256u << 10;
constexpr int kEndOfText = -1;

bool is_json_space(int c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool begins_apoc_record(std::string_view key) {
  return key == "labels" || key == "properties" || key == "start" || key == "end";
}

}  // namespace

JsonRecords::JsonRecords(InputFiles& files, std::uint32_t file, Envelopes envelopes)
    : file_(file),
      name_(files.name(file)),
      input_(files.open(file)),
      envelopes_(envelopes),
      document_(backup::kJsonDepthMax) {}

void JsonRecords::fail(std::size_t ahead, const std::string& what) {
  const std::size_t bytes = std::min(ahead, end_ - begin_);
  const auto at = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
  const auto lines = std::count(at, at + static_cast<std::ptrdiff_t>(bytes), '\n');
  throw Error(ErrorCode::damaged,
              backup::line_place(name_, next_line_ + static_cast<std::uint64_t>(lines),
                                 next_byte_ + bytes) +
                  what);
}

// Makes the byte `ahead` of begin_ readable; false where the text ends before it.
bool JsonRecords::refill(std::size_t ahead) {
  while (begin_ + ahead >= end_) {
    if (at_end_) return false;
    if (ahead >= kRecordBytesMax) {
      fail(0, "the record is longer than " + std::to_string(kRecordBytesMax >> 20) + " MiB");
    }
    if (begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    const std::size_t wanted = end_ + kReadBytes + backup::kLinePadding;
    if (buffer_.size() < wanted) buffer_.resize(std::max(wanted, buffer_.size() * 2));
    const std::size_t room = buffer_.size() - backup::kLinePadding - end_;
    const std::size_t count = input_.source->read(buffer_.data() + end_, room);
    at_end_ = count == 0;
    end_ += count;
  }
  return true;
}

int JsonRecords::peek(std::size_t ahead) {
  if (begin_ + ahead >= end_ && !refill(ahead)) return kEndOfText;
  return static_cast<unsigned char>(buffer_[begin_ + ahead]);
}

void JsonRecords::skip(std::size_t count) {
  const auto at = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
  next_line_ +=
      static_cast<std::uint64_t>(std::count(at, at + static_cast<std::ptrdiff_t>(count), '\n'));
  next_byte_ += count;
  begin_ += count;
}

void JsonRecords::skip_space() {
  while (is_json_space(peek(0))) skip(1);
}

// Behind the string that begins at `ahead`.
std::size_t JsonRecords::string_end(std::size_t ahead) {
  for (++ahead;; ++ahead) {
    while (begin_ + ahead < end_ && buffer_[begin_ + ahead] != '"' &&
           buffer_[begin_ + ahead] != '\\') {
      ++ahead;
    }
    const int c = peek(ahead);
    if (c == kEndOfText) fail(0, "the text ends inside of a value that begins here");
    if (c == '\\') {
      ++ahead;
    } else if (c == '"') {
      return ahead + 1;
    }
  }
}

std::size_t JsonRecords::brackets_end() {
  std::size_t depth = 0;
  for (std::size_t ahead = 0;;) {
    const int c = peek(ahead);
    switch (c) {
      case kEndOfText:
        fail(0, "the text ends inside of a value that begins here");
      case '"':
        ahead = string_end(ahead);
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return ahead + 1;
        break;
      default:
        break;
    }
    ++ahead;
  }
}

std::size_t JsonRecords::value_end() {
  const int first = peek(0);
  if (first == '"') return string_end(0);
  if (first == '{' || first == '[') return brackets_end();
  std::size_t ahead = 0;
  for (int c = first; c != kEndOfText && !is_json_space(c) && c != ',' && c != ']' && c != '}';) {
    c = peek(++ahead);
  }
  if (ahead == 0) fail(0, "here a value was expected");
  return ahead;
}

// Whether the value at begin_ only holds records together.
bool JsonRecords::is_envelope() {
  if (envelopes_ == Envelopes::none || closers_.size() == kEnvelopesMax) return false;
  if (peek(0) == '[') return true;
  if (peek(0) != '{') return false;
  std::size_t at = 1;
  while (is_json_space(peek(at))) ++at;
  if (peek(at) != '"') return false;
  const std::size_t key_end = string_end(at);
  const std::string_view key(buffer_.data() + begin_ + at + 1, key_end - at - 2);
  if (begins_apoc_record(key)) return false;
  at = key_end;
  while (is_json_space(peek(at)) || peek(at) == ':') ++at;
  return peek(at) == '{' || peek(at) == '[';
}

// Up to the next record. False at the end of the text.
bool JsonRecords::enter_or_leave() {
  for (;;) {
    skip_space();
    int c = peek(0);
    if (closers_.empty()) {
      if (c == kEndOfText) return false;
    } else {
      if (c == kEndOfText) fail(0, std::string("the text ends before a ") + closers_.back());
      if (c == closers_.back()) {
        skip(1);
        closers_.pop_back();
        behind_record_ = true;
        continue;
      }
      if (behind_record_) {
        if (c != ',') fail(0, std::string("here a comma or ") + closers_.back() + " was expected");
        skip(1);
        skip_space();
        c = peek(0);
      }
      if (closers_.back() == '}') {
        if (c != '"') fail(0, "here a name in quotes was expected");
        skip(string_end(0));
        skip_space();
        if (peek(0) != ':') fail(0, "here a colon was expected");
        skip(1);
        skip_space();
      }
    }
    if (!is_envelope()) return true;
    closers_.push_back(peek(0) == '[' ? ']' : '}');
    behind_record_ = false;
    skip(1);
  }
}

bool JsonRecords::next() {
  if (!enter_or_leave()) return false;
  const std::size_t size = value_end();
  if (size > kRecordBytesMax) {
    fail(0, "the record is longer than " + std::to_string(kRecordBytesMax >> 20) + " MiB");
  }
  text_ = std::string_view(buffer_.data() + begin_, size);
  parse();
  line_ = next_line_;
  byte_ = next_byte_;
  skip(size);
  behind_record_ = true;
  return true;
}

void JsonRecords::parse() {
  if (document_.parse(text_)) return;
  if (const auto error = backup::find_json_error(text_)) fail(error->byte, error->what);
  fail(0, "not JSON: " + std::string(document_.reason()));
}

}  // namespace manifolddb::migrate
