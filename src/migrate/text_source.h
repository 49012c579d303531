// The text of a foreign file: decompressed, without its byte order mark, in UTF-8 where that mark
// says UTF-16.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "io/byte_stream.h"

namespace manifolddb::migrate {

// Requires a code point, no half of a surrogate pair.
void append_utf8(unsigned code, std::string& out);

class TextSource final : public ByteSource {
 public:
  // `stored`: compressed with gzip or zstd, or not.
  explicit TextSource(std::unique_ptr<ByteSource> stored);

  // Error{damaged}, with its byte, for UTF-16 that is not well-formed, and for UTF-32. Other text
  // is passed on as it is, also where it is not UTF-8.
  std::size_t read(char* buffer, std::size_t size) override;
  const std::string& name() const override { return source_->name(); }

  // The text was UTF-16: what it says of its encoding (XML) does not hold any more.
  bool was_utf16() const { return encoding_ != Encoding::as_it_is; }

 private:
  enum class Encoding { as_it_is, utf16_le, utf16_be };
  void decode_more();
  bool next_unit(unsigned& unit);

  std::unique_ptr<ByteSource> source_;
  Encoding encoding_ = Encoding::as_it_is;
  std::string units_;  // bytes of UTF-16
  std::size_t unit_at_ = 0;
  std::uint64_t byte_ = 2;  // of the next unit, in the decompressed file
  std::string decoded_;
  std::size_t decoded_at_ = 0;
};

}  // namespace manifolddb::migrate
