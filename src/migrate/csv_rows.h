// Rows and fields of a CSV text (RFC 4180), whatever its line ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/byte_stream.h"

namespace manifolddb::migrate {

struct CsvField {
  std::string_view text;  // unquoted, doubled quotes made one
  bool quoted = false;    // "" is an empty text, nothing at all is no value
};

// Not thread-safe.
//
// A row ends with \n, \r\n or \r outside quotes, or at the end of the text. A quote counts at the
// beginning of a field only; elsewhere it is a character. Rows without a single byte are skipped.
class CsvRows {
 public:
  // Longer rows are refused: most often it is a quote that is not closed.
  static constexpr std::size_t kRowBytesMax = 64u << 20;
  // So are those with more fields, since each takes some 50 bytes beside its own.
  static constexpr std::size_t kFieldsMax = std::size_t{1} << 20;

  CsvRows(ByteSource& source, char delimiter, char quote);

  // False at the end. Views live until the next call. Throws Error{damaged} with line and byte for
  // a quote that is not closed, text behind a closing quote, a row over the limits, and damage that
  // the source finds.
  bool next(std::vector<CsvField>& fields);

  // Of the row that next() gave.
  std::uint64_t line() const { return row_line_; }
  std::uint64_t byte() const { return row_byte_; }
  bool has_line_end() const { return row_has_line_end_; }   // only the last may lack it
  std::uint64_t blank_rows() const { return blank_rows_; }  // skipped so far

 private:
  enum class Scan { row, needs_more };
  struct Span {
    std::size_t begin, end;
    bool quoted, has_doubled_quotes;
  };
  bool skip_blank_rows();
  Scan scan_row();
  Scan scan_quoted(std::size_t& at, Span& span);
  bool refill();
  std::size_t end_of_line(std::size_t at) const;
  void count_lines(std::string_view text);
  [[noreturn]] void fail(std::uint64_t line, std::size_t at, const std::string& what) const;
  void take_fields(std::vector<CsvField>& fields);

  ByteSource& source_;
  char delimiter_, quote_;
  std::array<bool, 256> ends_field_{};
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is in it; a row begins at begin_
  std::uint64_t buffer_byte_ = 0;    // of buffer_[0] in the text
  bool at_end_ = false;              // of the source
  std::vector<Span> spans_;
  std::size_t row_end_ = 0;  // behind its line end
  bool row_has_line_end_ = false;
  std::uint64_t next_line_ = 1, row_line_ = 0, row_byte_ = 0, blank_rows_ = 0;
};

}  // namespace manifolddb::migrate
