// The public calls that export: to a file that appears whole or not at all, or to a stream.
#include <ostream>

#include "backup/export_header.h"
#include "backup/full_backup.h"
#include "backup/incremental_backup.h"
#include "common/text.h"
#include "io/durable_file.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kDescriptionBytesMax = 1u << 20;

void check_options(const ExportOptions& options) {
  if (!options.description) return;
  if (options.description->size() > kDescriptionBytesMax) {
    throw Error(ErrorCode::invalid_argument,
                "the description has " + std::to_string(options.description->size()) +
                    " bytes; at most " + std::to_string(kDescriptionBytesMax) + " are kept");
  }
  const std::size_t bad = find_invalid_utf8(*options.description);
  if (bad != kValidUtf8) {
    throw Error(ErrorCode::invalid_argument,
                "the description is not UTF-8 at byte " + std::to_string(bad));
  }
}

// `write` takes the sink and returns the summary.
template <typename Write>
BackupSummary export_to_file(const Database& database, const std::filesystem::path& file,
                             const ExportOptions& options, const Write& write) {
  check_options(options);
  check_outside_database(database, file);
  DurableFile durable(file);
  const BackupSummary summary = write(durable.sink());
  durable.commit();
  return summary;
}

template <typename Write>
BackupSummary export_to_stream(std::ostream& out, const ExportOptions& options,
                               const Write& write) {
  check_options(options);
  StreamSink sink(out);
  return write(sink);
}

}  // namespace

BackupSummary export_full(const Database& database, const std::filesystem::path& file,
                          const ExportOptions& options) {
  return export_to_file(database, file, options,
                        [&](ByteSink& sink) { return export_full(database, sink, options); });
}

BackupSummary export_full(const Database& database, std::ostream& out,
                          const ExportOptions& options) {
  return export_to_stream(out, options,
                          [&](ByteSink& sink) { return export_full(database, sink, options); });
}

BackupSummary export_incremental(const Database& database, const ParentBackup& parent,
                                 const std::filesystem::path& file, const ExportOptions& options) {
  return export_to_file(database, file, options, [&](ByteSink& sink) {
    return export_incremental(database, parent, sink, options);
  });
}

BackupSummary export_incremental(const Database& database, const ParentBackup& parent,
                                 std::ostream& out, const ExportOptions& options) {
  return export_to_stream(out, options, [&](ByteSink& sink) {
    return export_incremental(database, parent, sink, options);
  });
}

}  // namespace manifolddb::backup
