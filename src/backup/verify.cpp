#include "backup/verify.h"

#include <istream>
#include <utility>

#include "backup/backup_source.h"
#include "backup/file_reader.h"
#include "backup/restore.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

BackupSummary summarize(const FileReader& reader, const BackupSource& source) {
  BackupSummary summary;
  if (const Header* const header = reader.header()) {
    summary.statistics = header->statistics;
    summary.backup_id = header->backup_id;
    summary.database_id = header->database_id;
    summary.history_id = header->history_id;
    if (header->previous_sequence) summary.previous_sequence = {*header->previous_sequence};
    summary.sequence_number = {header->sequence_number};
    summary.committed_at_us = header->committed_at_us.value_or(0);
    summary.content_digest = header->content_digest;
  }
  summary.statistics.uncompressed_size = reader.counts().uncompressed_size;
  summary.stored_bytes = source.stored_bytes();
  return summary;
}

bool is_log(const FileReader& reader) {
  return reader.header() != nullptr && reader.header()->kind == "log";
}

void list_what_is_not_checked(const FileReader& reader, const VerifyOptions& options,
                              VerifyReport& report) {
  std::vector<std::string>& list = report.not_checked;
  if (reader.ended_early()) list.emplace_back("everything behind the place that cannot be read");
  const bool records = options.level != VerifyLevel::structure;
  const bool log = is_log(reader);
  const bool full = !log && (reader.header() == nullptr || reader.header()->kind == "full");
  if (!records) {
    list.emplace_back(
        "the records themselves: form, order, references, content digest (level records)");
  } else if (log) {
    list.emplace_back(
        "references, and that the state it begins with was that: they need a backup before it");
  } else if (!full) {
    list.emplace_back(
        "references and content digest: they need the backups that this one continues");
  } else if (!reader.references_checked()) {
    list.emplace_back("references of edges: the entities are too much out of order");
  }
  if (records && full && !report.ok()) {
    list.emplace_back("the content digest: it says nothing beside the damage that is listed");
  }
  if (options.level < VerifyLevel::chain && !log) {
    list.emplace_back("whether it can be restored without another backup (level chain)");
  }
  if (options.level < VerifyLevel::restore && !log) {
    list.emplace_back("a restore and its proof (level restore)");
  }
}

[[noreturn]] void refuse_to_restore_a_log(const std::string& name) {
  throw Error(
      ErrorCode::not_restorable,
      name + " has no damage, but is a log segment, which is restored on top of a backup only",
      "the file was only read", "manifold verify " + name + "    level chain");
}

// A file by itself: an incremental reaches level records, a log segment level chain, since its
// transactions are checked to follow each other.
VerifyReport verify_file(BackupSource& source, const VerifyOptions& options) {
  ReaderOptions reader_options;
  reader_options.threads = options.threads;
  reader_options.memory_limit_bytes = options.memory_limit_bytes;
  reader_options.check_records = options.level != VerifyLevel::structure;
  reader_options.progress = options.progress;
  FileReader reader(source, std::move(reader_options));

  VerifyReport report;
  bool structure_is_good = true;
  reader.read(
      [&](Damage damage, VerifyLevel level) {
        if (level == VerifyLevel::structure) structure_is_good = false;
        ++report.damage_count;
        if (report.damages.size() < options.damages_max) {
          report.damages.push_back(std::move(damage));
        }
      },
      {});
  report.summary = summarize(reader, source);
  report.any_level_reached = structure_is_good;
  if (report.ok()) {
    if (is_log(reader) && options.level == VerifyLevel::restore) {
      refuse_to_restore_a_log(source.name());
    }
    report.level_reached = std::min(options.level, VerifyLevel::chain);
    if (reader.header()->kind == "incremental") {
      report.level_reached = std::min(options.level, VerifyLevel::records);
    }
  }
  list_what_is_not_checked(reader, options, report);
  return report;
}

// A chain of one: a lone incremental is none.
VerifyReport verify_from(BackupSource& source, const VerifyOptions& options) {
  VerifyReport report = verify_file(source, options);
  if (report.ok() && options.level >= VerifyLevel::chain &&
      report.level_reached < VerifyLevel::chain) {
    throw Error(
        ErrorCode::not_restorable,
        source.name() +
            " has no damage, but is an incremental backup that continues "
            "sequence number " +
            std::to_string(report.summary.previous_sequence.value_or(SequenceNumber()).value) +
            " of history " + report.summary.history_id.to_string() +
            ", and that backup is not given",
        "the file was only read",
        "manifold verify with all files of the chain, or --level records");
  }
  return report;
}

// The last level: proves it by doing it.
void verify_restore(const std::filesystem::path& file, const std::filesystem::path& scratch,
                    const VerifyOptions& options, VerifyReport& report) {
  try {
    restore(file, scratch / "restored", options);
    report.level_reached = VerifyLevel::restore;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    ++report.damage_count;
    if (report.damages.size() < options.damages_max) {
      report.damages.push_back({.source = file.string(), .what = error.what()});
    }
  }
}

}  // namespace

VerifyReport verify(const std::filesystem::path& file, const VerifyOptions& options) {
  BackupSource source(file);
  VerifyReport report = verify_from(source, options);
  if (options.level == VerifyLevel::restore && report.ok()) {
    const ScratchDirectory scratch(options.scratch_directory);
    verify_restore(file, scratch.path(), options, report);
  }
  return report;
}

VerifyReport verify(std::unique_ptr<ByteSource> stored, const VerifyOptions& options) {
  if (options.level != VerifyLevel::restore) {
    BackupSource source(std::move(stored));
    return verify_from(source, options);
  }
  // Read twice, so it is kept meanwhile.
  const ScratchDirectory scratch(options.scratch_directory);
  const std::filesystem::path file = scratch.path() / "backup";
  spool(*stored, file);
  class NamedSource final : public ByteSource {
   public:
    NamedSource(FileSource source, std::string name)
        : source_(std::move(source)), name_(std::move(name)) {}
    std::size_t read(char* buffer, std::size_t size) override { return source_.read(buffer, size); }
    const std::string& name() const override { return name_; }

   private:
    FileSource source_;
    std::string name_;
  };
  BackupSource source(std::make_unique<NamedSource>(FileSource::open(file), stored->name()));
  VerifyReport report = verify_from(source, options);
  if (report.ok()) verify_restore(file, scratch.path(), options, report);
  return report;
}

VerifyReport verify(std::istream& in, const VerifyOptions& options) {
  return verify(std::make_unique<StreamSource>(in), options);
}

}  // namespace manifolddb::backup
