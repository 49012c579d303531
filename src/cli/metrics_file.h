// The state of an archiver as a file in Prometheus' text format, for node_exporter's textfile
// collector: https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "manifolddb/database.h"

namespace manifolddb::cli {

struct ArchiveMetrics {
  ArchiveStatus status;
  std::uint64_t segment_count = 0;
  std::uint64_t failure_count = 0;
  std::uint64_t gap_count = 0;
  std::uint64_t backup_count = 0;
};

std::string metrics_text(const std::filesystem::path& database,
                         const std::vector<ArchiveMetrics>& archives, std::int64_t now_us);

// A reader finds the old file or the new one. Not synced: it is worth nothing after a crash.
void write_metrics_file(const std::filesystem::path& file, const std::string& text);

}  // namespace manifolddb::cli
