// One Cypher statement after the other out of a file of any size: what stands between semicolons.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/graph_sink.h"
#include "migrate/input_files.h"

namespace manifolddb::migrate {

// Not thread-safe. Memory: twice the longest statement. What is made of one has an ItemBudget.
//
// A semicolon within quotes, backticks or a comment ends nothing. Statements without a character
// are skipped. What a statement says is not looked at.
class CypherStatements {
 public:
  // Longer statements are refused: most often it is a quote that is not closed.
  static constexpr std::size_t kStatementBytesMax = 64u << 20;

  CypherStatements(InputFiles& files, std::uint32_t file);

  // False at the end. Views live until the next call. Throws Error{damaged} with line and byte for
  // a statement that no semicolon ends, and for one over the limit.
  bool next();

  // From its first character, which is no space and begins no comment, up to the semicolon.
  std::string_view text() const { return {buffer_.data() + begin_, size_}; }
  Place place() const { return {file_, next_line_, next_byte_}; }
  // Of a byte of text(), or of the one behind it.
  Place place_at(std::size_t offset) const;

 private:
  int peek(std::size_t ahead);
  bool refill(std::size_t ahead);
  void skip(std::size_t count);
  void skip_to_statement();
  bool begins_comment(std::size_t ahead);
  std::size_t comment_end(std::size_t ahead);
  std::size_t quoted_end(std::size_t ahead);
  std::size_t statement_end();
  [[noreturn]] void fail(const std::string& what) const;

  std::uint32_t file_;
  std::string name_;
  InputText input_;

  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is in it
  std::size_t size_ = 0;             // of the statement at begin_
  bool has_statement_ = false;
  bool at_end_ = false;                          // of the source
  std::uint64_t next_line_ = 1, next_byte_ = 0;  // of buffer_[begin_]
};

}  // namespace manifolddb::migrate
