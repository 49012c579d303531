#include "migrate/text_source.h"

#include <algorithm>
#include <cstring>

#include "io/gzip_stream.h"
#include "io/peeked_source.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kUtf16PieceBytes = 64u << 10;

}  // namespace

void append_utf8(unsigned code, std::string& out) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

TextSource::TextSource(std::unique_ptr<ByteSource> stored) {
  source_ = open_decompressed(std::move(stored));
  std::string first(4, '\0');
  first.resize(read_fully(*source_, first.data(), first.size()));
  const std::string_view mark = first;
  using namespace std::string_view_literals;
  if (mark == "\xFF\xFE\0\0"sv || mark == "\0\0\xFE\xFF"sv) {
    throw Error(ErrorCode::damaged, source_->name() + ": the text is UTF-32", {},
                "convert it: iconv -f UTF-32 -t UTF-8");
  }
  std::size_t mark_bytes = 0;
  if (mark.starts_with("\xEF\xBB\xBF")) {
    mark_bytes = 3;
  } else if (mark.starts_with("\xFF\xFE")) {
    encoding_ = Encoding::utf16_le;
    mark_bytes = 2;
  } else if (mark.starts_with("\xFE\xFF")) {
    encoding_ = Encoding::utf16_be;
    mark_bytes = 2;
  }
  source_ = std::make_unique<PeekedSource>(first.substr(mark_bytes), std::move(source_));
}

std::size_t TextSource::read(char* buffer, std::size_t size) {
  if (encoding_ == Encoding::as_it_is) return source_->read(buffer, size);
  if (decoded_at_ == decoded_.size()) decode_more();
  const std::size_t n = std::min(size, decoded_.size() - decoded_at_);
  if (n != 0) std::memcpy(buffer, decoded_.data() + decoded_at_, n);
  decoded_at_ += n;
  return n;
}

bool TextSource::next_unit(unsigned& unit) {
  if (units_.size() - unit_at_ < 2) {
    const std::string rest = units_.substr(unit_at_);
    units_.resize(kUtf16PieceBytes);
    std::memcpy(units_.data(), rest.data(), rest.size());
    units_.resize(rest.size() + read_fully(*source_, units_.data() + rest.size(),
                                           kUtf16PieceBytes - rest.size()));
    unit_at_ = 0;
    if (units_.empty()) return false;
    if (units_.size() == 1) {
      throw Error(ErrorCode::damaged, source_->name() + ": byte " + std::to_string(byte_) +
                                          ": the UTF-16 text ends within a character");
    }
  }
  const unsigned first = static_cast<unsigned char>(units_[unit_at_]);
  const unsigned second = static_cast<unsigned char>(units_[unit_at_ + 1]);
  unit = encoding_ == Encoding::utf16_le ? first | second << 8 : first << 8 | second;
  unit_at_ += 2;
  byte_ += 2;
  return true;
}

void TextSource::decode_more() {
  decoded_.clear();
  decoded_at_ = 0;
  unsigned unit = 0;
  while (decoded_.size() < kUtf16PieceBytes && next_unit(unit)) {
    if (unit < 0xD800 || unit > 0xDFFF) {
      append_utf8(unit, decoded_);
      continue;
    }
    const std::uint64_t at = byte_ - 2;
    unsigned low = 0;
    if (unit > 0xDBFF || !next_unit(low) || low < 0xDC00 || low > 0xDFFF) {
      throw Error(ErrorCode::damaged, source_->name() + ": byte " + std::to_string(at) +
                                          ": half of a UTF-16 surrogate pair stands alone");
    }
    append_utf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), decoded_);
  }
}

}  // namespace manifolddb::migrate
