// The forms that a graph is exported to: one list, which --to and its help use.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>

#include "backup/progress.h"
#include "database/snapshot.h"
#include "manifolddb/migrate.h"
#include "migrate/export_log.h"
#include "migrate/text_output.h"

namespace manifolddb::migrate {

// What is exported, for the writer of a form.
class ExportSource {
 public:
  // `passes`: how often the writer goes through all records.
  ExportSource(const Snapshot& snapshot, const ExportOptions& options, unsigned passes);

  // All of them, ascending by id. Throws Error{interrupted} when the progress wants to stop.
  void for_each_entity(const std::function<void(const Entity&)>& fn);
  void for_each_edge(const std::function<void(const Edge&)>& fn);

  const Snapshot& snapshot() const { return snapshot_; }

 private:
  const Snapshot& snapshot_;
  backup::Progress progress_;
};

// Whether it is a NaN of other bits than the one that texts are read as.
inline bool is_unusual_nan(double real) {
  constexpr double kUsual = std::numeric_limits<double>::quiet_NaN();
  return std::isnan(real) &&
         std::bit_cast<std::uint64_t>(real) != std::bit_cast<std::uint64_t>(kUsual);
}

struct ExportForm {
  const char* name;     // as --to has it
  const char* summary;  // for help; without a full stop
  unsigned passes;      // see ExportSource

  // One of the two writes, and fills counts of the report: into the folder, which is empty, or the
  // one file that the form is; file_count is filled for that.
  void (*write)(ExportSource& source, const ExportOptions& options,
                const std::filesystem::path& folder, ExportLog& log, ExportReport& report);
  void (*write_file)(ExportSource& source, TextOutput& output, ExportLog& log,
                     ExportReport& report) = nullptr;
};

std::span<const ExportForm> all_export_forms();

extern const ExportForm kNeo4jCsvForm;
extern const ExportForm kCsvForm;
extern const ExportForm kNeo4jApocForm;
extern const ExportForm kGraphmlForm;
extern const ExportForm kCypherForm;

}  // namespace manifolddb::migrate
