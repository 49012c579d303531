// Bytes in memory as a stream.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "io/byte_stream.h"

namespace manifolddb::test {

// Bytes in memory, given out in pieces of at most `piece_max`.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes, std::size_t piece_max = std::size_t{1} << 20)
      : bytes_(std::move(bytes)), piece_max_(piece_max) {}

  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t n = std::min({size, piece_max_, bytes_.size() - position_});
    std::memcpy(buffer, bytes_.data() + position_, n);
    position_ += n;
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string bytes_;
  std::string name_ = "memory";
  std::size_t piece_max_;
  std::size_t position_ = 0;
};

// What was written is in `text`.
class StringSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text.append(bytes); }
  void finish() override {}
  const std::string& name() const override { return name_; }
  std::string text;

 private:
  std::string name_ = "memory";
};

inline std::string read_all(ByteSource& source, std::size_t piece = 4096) {
  std::string all;
  std::string buffer(piece, '\0');
  while (const std::size_t n = source.read(buffer.data(), buffer.size())) all.append(buffer, 0, n);
  return all;
}

}  // namespace manifolddb::test
