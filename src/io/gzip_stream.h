// gzip (RFC 1952), for reading what others wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/byte_stream.h"

namespace manifolddb {

// Decompresses concatenated members. Error{damaged}, with the offset in the compressed bytes, for:
// a member cut short, a wrong checksum, bytes behind a member that begin none (zeros are padding).
class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source);
  ~GzipSource() override;

  std::size_t read(char* buffer, std::size_t size) override;
  const std::string& name() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// By content: a source that begins like gzip or zstd is decompressed, anything else is passed on as
// it is.
std::unique_ptr<ByteSource> open_decompressed(std::unique_ptr<ByteSource> source);

}  // namespace manifolddb
