#include "io/hashing_stream.h"

namespace manifolddb {

namespace {

constexpr std::size_t kPieceBytes = 256u << 10;

}  // namespace

void HashingSink::write(std::string_view bytes) {
  sha256_.update(bytes);
  size_ += bytes.size();
  behind_.write(bytes);
}

HashedBytes HashingSink::result() {
  return {size_, sha256_.finish()};
}

HashedBytes hash_all(ByteSource& source, ByteSink* sink,
                     const std::function<void(std::uint64_t)>& on_piece) {
  Sha256 sha256;
  std::uint64_t size = 0;
  std::string buffer(kPieceBytes, '\0');
  while (const std::size_t n = source.read(buffer.data(), buffer.size())) {
    const std::string_view piece(buffer.data(), n);
    sha256.update(piece);
    if (sink != nullptr) sink->write(piece);
    size += n;
    if (on_piece) on_piece(size);
  }
  return {size, sha256.finish()};
}

}  // namespace manifolddb
