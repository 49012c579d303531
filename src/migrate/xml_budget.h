// What a reader of XML may keep of a file at once: elements may be nested, and declarations last.
#pragma once

#include <cstddef>
#include <string>

#include "migrate/xml_reader.h"

namespace manifolddb::migrate {

class XmlBudget {
 public:
  static constexpr std::size_t kBytesMax = 16u << 20;

  // `what` is too large when it is used up: "the record".
  XmlBudget(const XmlReader& reader, const char* what) : reader_(reader), what_(what) {}

  // Throws Error{damaged} at the reader's place.
  void take(std::size_t bytes) {
    used_ += bytes;
    if (used_ > kBytesMax) {
      reader_.fail(std::string(what_) + " too large: over " + std::to_string(kBytesMax >> 20) +
                   " MiB");
    }
  }
  void give_back(std::size_t bytes) { used_ -= bytes; }

 private:
  const XmlReader& reader_;
  const char* what_;
  std::size_t used_ = 0;
};

}  // namespace manifolddb::migrate
