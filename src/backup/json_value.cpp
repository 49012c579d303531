#include "backup/json_value.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <simdjson.h>
#pragma GCC diagnostic pop

#include <new>

namespace manifolddb::backup {

struct JsonDocument::Impl {
  simdjson::dom::parser parser;
};

JsonDocument::JsonDocument(int depth_max) : depth_max_(depth_max) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;

bool JsonDocument::parse(std::string_view text) {
  static_assert(simdjson::SIMDJSON_PADDING <= 64);
  const bool too_large = impl_ && impl_->parser.capacity() > kKeptBytesMax;
  if (!impl_ || (too_large && text.size() <= kKeptBytesMax)) {
    impl_ = std::make_unique<Impl>();
    if (impl_->parser.allocate(4096, static_cast<std::size_t>(depth_max_)) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
  }
  const auto result = impl_->parser.parse(text.data(), text.size(), /*realloc_if_needed=*/false);
  if (result.error() == simdjson::MEMALLOC) throw std::bad_alloc();
  if (result.error() == simdjson::SUCCESS) return true;
  reason_ = simdjson::error_message(result.error());
  return false;
}

JsonTape JsonDocument::tape() const {
  const auto& document = impl_->parser.doc;
  return {document.tape.get(), reinterpret_cast<const char*>(document.string_buf.get())};
}

std::size_t JsonTape::slow_count(std::size_t at) const {
  std::size_t entries = 0;
  for (std::size_t i = first(at); i != end(at); i = after(i)) ++entries;
  return kind(at) == JsonKind::object ? entries / 2 : entries;
}

}  // namespace manifolddb::backup
