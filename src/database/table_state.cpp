#include "database/table_state.h"

#include "database/engine.h"
#include "database/image.h"
#include "database/key_codec.h"
#include "database/state_record.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

constexpr int kTableAttemptsMax = 3;  // an image made at an unlucky moment is damaged only once

}  // namespace

std::uint64_t sequence_in_tables(const std::filesystem::path& database) {
  for (int attempt = 1;; ++attempt) {
    const Image image = Image::make(database, {}, Image::Log::left_out);
    try {
      EngineOptions options;
      options.path = image.folder();
      options.mode = EngineOptions::Mode::read_only;
      const std::unique_ptr<const Engine> engine = Engine::open(options);
      const auto row = engine->get(Family::system, kStateKey, engine->snapshot());
      return row ? decode_state(*row).sequence : 0;
    } catch (const Error& error) {
      if (attempt == kTableAttemptsMax || error.code() == ErrorCode::newer_format) throw;
    }
  }
}

}  // namespace manifolddb
