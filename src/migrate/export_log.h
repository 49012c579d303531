// What a form cannot hold, counted by kind.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/record.h"
#include "manifolddb/migrate.h"

namespace manifolddb::migrate {

// Not thread-safe.
class ExportLog {
 public:
  // `kind`: a short sentence that is the same for all of its kind.
  void convert(std::string_view kind, RecordKind record, std::string_view key,
               std::uint64_t count = 1);
  std::vector<ExportConversion> take() { return std::move(conversions_); }

 private:
  std::vector<ExportConversion> conversions_;
};

}  // namespace manifolddb::migrate
