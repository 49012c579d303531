// Where bytes go to and come from: files, standard streams, zstd.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace manifolddb {

// Not thread-safe. Without finish() what was written may not have arrived; the destructor gives up
// quietly.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // Takes all of `bytes` or throws: Error{no_space} when the device is full, else Error{failed}.
  // After an error the sink must not be used again.
  virtual void write(std::string_view bytes) = 0;

  // Hands on whatever is still held back; throws like write(). Nothing may be written afterwards.
  virtual void finish() = 0;

  virtual const std::string& name() const = 0;  // for messages: a path, or "-"
};

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills at most `size` bytes (at least 1 asked for) and returns their number, which may be
  // smaller than `size` long before the end; 0 is the end, and stays it. Throws Error{failed} when
  // reading fails, Error{damaged} when the bytes cannot be what they claim to be.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;

  virtual const std::string& name() const = 0;  // for messages: a path, or "-"
};

// Reads until `size` bytes are there or the source ends.
inline std::size_t read_fully(ByteSource& source, char* buffer, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t n = source.read(buffer + filled, size - filled);
    if (n == 0) break;
    filled += n;
  }
  return filled;
}

}  // namespace manifolddb
