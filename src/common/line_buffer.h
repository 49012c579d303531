// The end of a std::string as raw memory to write tokens into, so that the hot loop of
// json_writer.cpp appends by pointer.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace manifolddb {

// `out` made longer to have room behind the text; finish() cuts it to the text, and without
// finish() it gets its old size back.
class LineBuffer {
 public:
  LineBuffer(std::string& out, std::size_t bytes_expected)
      : out_(out), old_size_(out.size()), committed_(false) {
    out_.resize(old_size_ + bytes_expected);
    at_ = out_.data() + old_size_;
    end_ = out_.data() + out_.size();
  }
  ~LineBuffer() {
    if (!committed_) out_.resize(old_size_);
  }
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;

  void finish() {
    out_.resize(static_cast<std::size_t>(at_ - out_.data()));
    committed_ = true;
  }
  // Room for at least `bytes`; the returned pointer is where to write.
  char* room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
      grow(bytes);
    return at_;
  }
  void written_to(char* at) { at_ = at; }

  // Text that needs no escape.
  template <std::size_t N>
  void literal(const char (&text)[N]) {
    std::memcpy(room(N - 1), text, N - 1);
    at_ += N - 1;
  }
  void character(char c) {
    *room(1) = c;
    ++at_;
  }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - out_.data()); }
  void insert(std::size_t offset, std::string_view text) {
    room(text.size());
    char* place = out_.data() + offset;
    std::memmove(place + text.size(), place, static_cast<std::size_t>(at_ - place));
    std::memcpy(place, text.data(), text.size());
    at_ += text.size();
  }

 private:
  void grow(std::size_t bytes) {
    const auto used = static_cast<std::size_t>(at_ - out_.data());
    out_.resize(used + bytes + 4096);
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  std::size_t old_size_;
  char* at_;
  char* end_;
  bool committed_;
};

}  // namespace manifolddb
