// SHA-256 and length of the bytes that pass by.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/sha256.h"
#include "io/byte_stream.h"

namespace manifolddb {

struct HashedBytes {
  std::uint64_t size = 0;
  std::string sha256;  // 64 lower-case hex digits
  friend bool operator==(const HashedBytes&, const HashedBytes&) = default;
};

// Hands everything on. The sink behind it must outlive it.
class HashingSink final : public ByteSink {
 public:
  explicit HashingSink(ByteSink& behind) : behind_(behind) {}
  void write(std::string_view bytes) override;
  void finish() override { behind_.finish(); }
  const std::string& name() const override { return behind_.name(); }

  HashedBytes result();  // once, after the last write

 private:
  ByteSink& behind_;
  Sha256 sha256_;
  std::uint64_t size_ = 0;
};

// Reads to the end, handing on to `sink` unless that is null. `on_piece` is called with the bytes
// so far; it throws to stop the work.
HashedBytes hash_all(ByteSource& source, ByteSink* sink,
                     const std::function<void(std::uint64_t)>& on_piece = {});

}  // namespace manifolddb
