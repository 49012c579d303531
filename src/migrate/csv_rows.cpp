#include "migrate/csv_rows.h"

#include <algorithm>
#include <cstring>

#include "backup/line_pieces.h"
#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kCsvBufferBytes = 1u << 20;

}  // namespace

CsvRows::CsvRows(ByteSource& source, char delimiter, char quote)
    : source_(source), delimiter_(delimiter), quote_(quote), buffer_(kCsvBufferBytes) {
  for (const char byte : {delimiter, '\n', '\r'}) {
    ends_field_[static_cast<unsigned char>(byte)] = true;
  }
}

void CsvRows::fail(std::uint64_t line, std::size_t at, const std::string& what) const {
  throw Error(ErrorCode::damaged,
              backup::line_place(source_.name(), line, buffer_byte_ + at) + what);
}

bool CsvRows::next(std::vector<CsvField>& fields) {
  if (!skip_blank_rows()) return false;
  row_line_ = next_line_;
  row_byte_ = buffer_byte_ + begin_;
  while (scan_row() == Scan::needs_more) {
    if (!refill()) at_end_ = true;
  }
  count_lines({buffer_.data() + begin_, row_end_ - begin_});
  take_fields(fields);
  begin_ = row_end_;
  return true;
}

bool CsvRows::skip_blank_rows() {
  for (;;) {
    while (begin_ != end_ && (buffer_[begin_] == '\n' || buffer_[begin_] == '\r')) {
      // The second byte of a line end may not be here yet.
      if (buffer_[begin_] == '\r' && begin_ + 1 == end_ && refill()) continue;
      begin_ = end_of_line(begin_);
      ++next_line_;
      ++blank_rows_;
    }
    if (begin_ != end_) return true;
    if (!refill()) return false;
  }
}

// Behind the line end that begins at `at`.
std::size_t CsvRows::end_of_line(std::size_t at) const {
  return buffer_[at] == '\r' && at + 1 < end_ && buffer_[at + 1] == '\n' ? at + 2 : at + 1;
}

// The lines that end in a row, its own line end included.
void CsvRows::count_lines(std::string_view text) {
  std::uint64_t lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  for (std::size_t at = text.find('\r'); at != std::string_view::npos;
       at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') ++lines;
  }
  next_line_ += lines;
}

// What is in the buffer from begin_ on stays, at its front.
bool CsvRows::refill() {
  if (at_end_) return false;
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    buffer_byte_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= kRowBytesMax) {
      fail(row_line_, 0,
           "the row is longer than " + std::to_string(kRowBytesMax >> 20) +
               " MiB; is a quote not closed?");
    }
    buffer_.resize(buffer_.size() * 2);
  }
  std::size_t count = 0;
  try {
    count = source_.read(buffer_.data() + end_, buffer_.size() - end_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    throw Error(error.code(), std::string(error.what()) + " (behind line " +
                                  std::to_string(next_line_) + " of the text)");
  }
  end_ += count;
  return count != 0;
}

// Finds the fields of the row that begins at begin_; again from its beginning when more was read,
// which doubles the buffer each time.
CsvRows::Scan CsvRows::scan_row() {
  spans_.clear();
  std::size_t at = begin_;
  for (;;) {
    Span span{at, at, false, false};
    if (at != end_ && buffer_[at] == quote_ && quote_ != '\0') {
      if (scan_quoted(at, span) == Scan::needs_more) return Scan::needs_more;
    } else {
      while (at != end_ && !ends_field_[static_cast<unsigned char>(buffer_[at])]) ++at;
      span.end = at;
    }
    if (at == end_ && !at_end_) return Scan::needs_more;
    if (spans_.size() == kFieldsMax) {
      fail(
          row_line_, at,
          "the row has more than " + group_digits(kFieldsMax) + " fields; is the delimiter right?");
    }
    spans_.push_back(span);
    if (at == end_) {
      row_end_ = at;
      row_has_line_end_ = false;
      return Scan::row;
    }
    if (buffer_[at] == delimiter_) {
      ++at;
      continue;
    }
    if (buffer_[at] == '\r' && at + 1 == end_ && !at_end_) return Scan::needs_more;
    row_end_ = end_of_line(at);
    row_has_line_end_ = true;
    return Scan::row;
  }
}

// From the quote at `at` to behind the closing one.
CsvRows::Scan CsvRows::scan_quoted(std::size_t& at, Span& span) {
  const std::size_t opening = at;
  span.quoted = true;
  span.begin = ++at;
  for (;;) {
    const void* const found = std::memchr(buffer_.data() + at, quote_, end_ - at);
    if (found == nullptr) {
      if (!at_end_) return Scan::needs_more;
      fail(row_line_, opening, "the quote that begins here is not closed");
    }
    at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    if (at + 1 == end_ && !at_end_) return Scan::needs_more;
    if (at + 1 == end_ || buffer_[at + 1] != quote_) break;
    span.has_doubled_quotes = true;
    at += 2;
  }
  span.end = at++;
  if (at != end_ && !ends_field_[static_cast<unsigned char>(buffer_[at])]) {
    fail(row_line_, at, "text stands behind a closing quote");
  }
  return Scan::row;
}

void CsvRows::take_fields(std::vector<CsvField>& fields) {
  fields.clear();
  for (Span& span : spans_) {
    char* const begin = buffer_.data() + span.begin;
    char* end = buffer_.data() + span.end;
    if (span.has_doubled_quotes) {
      char* to = begin;
      for (const char* from = begin; from != end; ++from) {
        *to++ = *from;
        if (*from == quote_) ++from;
      }
      end = to;
    }
    fields.push_back({{begin, static_cast<std::size_t>(end - begin)}, span.quoted});
  }
}

}  // namespace manifolddb::migrate
