// The fast way through the lines that backups are made of: entities and edges in their canonical
// form, from text to body in one pass, without a document in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backup/body_buffer.h"
#include "backup/record_codec.h"

namespace manifolddb::backup {

// Says yes only to lines that LineParser's general way, being strict, reads to the same; to every
// other line it says no without a reason, and the general way decides and explains. So it may leave
// out what is rare.
// Not thread-safe; one a thread. Memory: a few times the longest line.
class CanonicalReader {
 public:
  explicit CanonicalReader(LineForm form) : form_(form) {}

  // `line` as LineParser::parse takes it. False: `out` has its old type, the rest is of any
  // content.
  bool read(std::string_view line, ParsedLine& out);

 private:
  // Of a record's properties; of a map that is written as it is, and under {"$map":...}.
  enum class Keys { names, without_tag, with_tag };

  bool record(ParsedLine& out);
  bool before(ParsedLine& out);
  bool entity(std::string& key, std::string& body);
  bool edge(std::string& key, std::string& body, std::uint64_t& source, std::uint64_t& target);
  bool id(std::uint64_t& out);
  bool id_key(std::string& key);
  bool labels();
  bool members(Keys keys, int depth);
  bool value(int depth);
  bool number();
  bool list(int depth);
  bool object(int depth);
  bool tagged(int depth);
  bool vector();
  bool point();
  bool datetime();
  bool real(double& out);
  bool element(float& out);
  bool string();
  bool escaped_string(const char* begin, const char* special);
  bool quoted(std::string_view& out);

  // Eats `text`, or stays where it is.
  template <std::size_t kSize>
  bool eat(const char (&text)[kSize]);
  // Puts a count in front of what was written from `offset` on, where one byte was left for it.
  void set_count(std::size_t offset, std::uint64_t count);
  // The string that was written at `offset`.
  std::string_view written_text(std::size_t offset) const;

  LineForm form_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  BodyBuffer body_;
  std::string before_key_;
  std::string scratch_;
};

}  // namespace manifolddb::backup
