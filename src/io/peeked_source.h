// A source with some first bytes put back, for what is recognised by its first bytes.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "io/byte_stream.h"

namespace manifolddb {

class PeekedSource final : public ByteSource {
 public:
  PeekedSource(std::string first, std::unique_ptr<ByteSource> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  std::size_t read(char* buffer, std::size_t size) override {
    if (position_ == first_.size()) return rest_->read(buffer, size);
    const std::size_t n = std::min(size, first_.size() - position_);
    std::memcpy(buffer, first_.data() + position_, n);
    position_ += n;
    return n;
  }
  const std::string& name() const override { return rest_->name(); }

 private:
  std::string first_;
  std::size_t position_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace manifolddb
