#include "migrate/export_log.h"

#include "database/key_codec.h"

namespace manifolddb::migrate {

void ExportLog::convert(std::string_view kind, RecordKind record, std::string_view key,
                        std::uint64_t count) {
  for (ExportConversion& conversion : conversions_) {
    if (conversion.kind != kind) continue;
    conversion.count += count;
    return;
  }
  conversions_.push_back({std::string(kind), count, describe_record(record, key)});
}

}  // namespace manifolddb::migrate
