// Text on its way to a file, in pieces that are worth a call.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "io/byte_stream.h"

namespace manifolddb::migrate {

// Not thread-safe. Append to text(), and call flush_if_full() once a record.
class TextOutput {
 public:
  static constexpr std::size_t kFlushBytes = 256u << 10;

  explicit TextOutput(ByteSink& sink) : sink_(sink) {}

  std::string& text() { return text_; }
  void flush_if_full() {
    if (text_.size() >= kFlushBytes) flush();
  }
  void flush() {
    sink_.write(text_);
    text_.clear();
  }

 private:
  ByteSink& sink_;
  std::string text_;
};

}  // namespace manifolddb::migrate
