#include "cli/metrics_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "common/file_system.h"
#include "common/format.h"

namespace manifolddb::cli {

namespace {

// In a label's value backslash, quote and line feed are escaped.
std::string label_value(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped.push_back('\\');
    if (c == '\n') {
      escaped.append("\\n");
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string seconds(std::int64_t us) {
  return format("{}.{:06}", us / 1'000'000, us % 1'000'000);
}

class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append(format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type));
  }
  void sample(const std::string& database, const std::string& repository,
              const std::string& value) {
    text_.append(format("{}{{database=\"{}\",repository=\"{}\"}} {}\n", name_,
                        label_value(database), label_value(repository), value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

}  // namespace

std::string metrics_text(const std::filesystem::path& database,
                         const std::vector<ArchiveMetrics>& archives, std::int64_t now_us) {
  MetricsText text;
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        const auto& value) {
    text.family(name, type, help);
    for (const ArchiveMetrics& archive : archives) {
      text.sample(database.string(), archive.status.repository.string(), value(archive));
    }
  };
  const auto lag = [](const ArchiveMetrics& archive) {
    return archive.status.seen_sequence_number.value -
           std::min(archive.status.seen_sequence_number.value,
                    archive.status.sequence_number.value);
  };
  each("manifold_archive_seen_sequence_number", "gauge",
       "Last committed transaction that the archiver has seen.",
       [](const auto& a) { return std::to_string(a.status.seen_sequence_number.value); });
  each("manifold_archive_sequence_number", "gauge",
       "Last transaction that can be restored from the repository.",
       [](const auto& a) { return std::to_string(a.status.sequence_number.value); });
  each("manifold_archive_lag_transactions", "gauge", "Seen and not restorable yet.",
       [&](const auto& a) { return std::to_string(lag(a)); });
  each("manifold_archive_lag_seconds", "gauge",
       "Age of the newest point that can be restored; 0 when nothing is missing.",
       [&](const auto& a) {
         const std::int64_t age = now_us - a.status.committed_at_us;
         return lag(a) == 0 ? std::string("0") : seconds(std::max<std::int64_t>(age, 0));
       });
  each("manifold_archive_lag_bytes", "gauge", "Bytes of the database's log not archived yet.",
       [](const auto& a) { return std::to_string(a.status.log_bytes_behind); });
  each("manifold_archive_up", "gauge", "1 when the last round succeeded.",
       [](const auto& a) { return std::string(a.status.failure.empty() ? "1" : "0"); });
  each("manifold_archive_updated_timestamp_seconds", "gauge", "When the archiver last reported.",
       [](const auto& a) { return seconds(a.status.updated_at_us); });
  each("manifold_archive_segments_total", "counter", "Segments stored since the start.",
       [](const auto& a) { return std::to_string(a.segment_count); });
  each("manifold_archive_failures_total", "counter", "Failed rounds since the start.",
       [](const auto& a) { return std::to_string(a.failure_count); });
  each("manifold_archive_gaps_total", "counter", "Gaps since the start.",
       [](const auto& a) { return std::to_string(a.gap_count); });
  each("manifold_archive_backups_total", "counter", "Backups that the archiver took.",
       [](const auto& a) { return std::to_string(a.backup_count); });
  return text.take();
}

void write_metrics_file(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path temporary = temporary_sibling(file);
  errno = 0;
  std::ofstream out(temporary, std::ios::binary);
  out << text;
  out.close();
  if (!out || std::rename(temporary.c_str(), file.c_str()) != 0) {
    const int error_number = errno != 0 ? errno : EIO;
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw_file_error(error_number, "write", file);
  }
}

}  // namespace manifolddb::cli
