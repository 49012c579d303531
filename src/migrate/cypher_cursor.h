// The words of one Cypher statement: names, texts, numbers, punctuation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "manifolddb/value.h"

namespace manifolddb::migrate {

// Not thread-safe. All calls skip spaces and comments first. What is not there as asked for is
// Error{invalid_argument}, which says what was expected; offset() is then where. Views live until
// reset(), and as long as the text does.
class CypherCursor {
 public:
  // \uXXXX is a character in texts, as in Memgraph, or anywhere in a statement and before anything
  // else is read, as in Neo4j.
  enum class Unicode { in_texts, everywhere };

  void reset(std::string_view text);
  void set_unicode(Unicode unicode) { unicode_ = unicode; }

  std::size_t offset() const { return at_; }
  bool at_end();
  char peek();  // 0 at the end

  bool take(std::string_view punctuation);
  void expect(std::string_view punctuation);
  // Whole words, whatever their case; `word` in capitals.
  bool take_word(std::string_view word);
  void expect_word(std::string_view word);
  void expect_end();

  // The word that comes, as it stands, without taking it; empty when none does.
  std::string_view peek_word();
  // Whether one comes, and this right behind it.
  bool is_word_before(std::string_view punctuation);

  std::string_view name();  // a word, or anything in backticks
  std::string_view text();  // in single or double quotes
  // One byte in quotes but a line end, where a backslash may stand before it: '|', '\|', '\'',
  // '\t'.
  char character();
  Value number();          // with a sign or without; an integer, or a double
  std::int64_t integer();  // with a sign or without

  // Up to a comma or closing bracket that belongs to no bracket that opens here.
  void skip_expression();

  [[noreturn]] void fail(std::string_view expected);

 private:
  void skip_space();
  std::string_view plain_word() const;
  std::string_view quoted_name();
  void append_escape(char quote, std::string& out);
  std::uint32_t code_unit();
  std::uint32_t code_point();

  std::string_view text_;
  std::size_t at_ = 0;
  Unicode unicode_ = Unicode::in_texts;
  std::deque<std::string> unescaped_;  // what views are of that are not in the text
};

}  // namespace manifolddb::migrate
