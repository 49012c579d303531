#include <array>
#include <memory>
#include <optional>

#include "backup/export_header.h"
#include "backup/restore_directory.h"
#include "common/file_system.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "database/database_core.h"
#include "io/durable_file.h"
#include "io/file_stream.h"
#include "manifolddb/migrate.h"
#include "migrate/csv_options.h"
#include "migrate/export_forms.h"

namespace manifolddb::migrate {

ExportSource::ExportSource(const Snapshot& snapshot, const ExportOptions& options, unsigned passes)
    : snapshot_(snapshot),
      progress_(options.progress, passes * (snapshot.state().counts.entity_count +
                                            snapshot.state().counts.edge_count)) {}

void ExportSource::for_each_entity(const std::function<void(const Entity&)>& fn) {
  RecordScan scan = snapshot_.scan(RecordKind::entity);
  Entity entity;
  for (RecordView record; scan.next(record);) {
    entity.id = EntityId{read_be64(record.key.data())};
    decode_entity(entity.id, record.body, entity);
    fn(entity);
    progress_.add(1);
  }
}

void ExportSource::for_each_edge(const std::function<void(const Edge&)>& fn) {
  RecordScan scan = snapshot_.scan(RecordKind::edge);
  Edge edge;
  for (RecordView record; scan.next(record);) {
    edge.id = EdgeId{read_be64(record.key.data())};
    decode_edge(edge.id, record.body, edge);
    fn(edge);
    progress_.add(1);
  }
}

std::span<const ExportForm> all_export_forms() {
  static const std::array all{kNeo4jCsvForm, kCsvForm, kNeo4jApocForm, kGraphmlForm, kCypherForm};
  return all;
}

std::vector<FormatName> export_forms() {
  std::vector<FormatName> names;
  for (const ExportForm& form : all_export_forms()) names.push_back({form.name, form.summary});
  return names;
}

namespace {

const ExportForm& find_form(const std::string& name) {
  std::string names;
  for (const ExportForm& form : all_export_forms()) {
    if (name == form.name) return form;
    names.append(names.empty() ? "" : ", ").append(form.name);
  }
  throw Error(ErrorCode::usage, "there is no form '" + name + "'", "nothing was written",
              "the forms are: " + names);
}

// No foreign form has a place for them.
void tell_of_metadata(const Snapshot& snapshot, ExportLog& log) {
  const std::uint64_t count = snapshot.state().counts.metadata_count;
  RecordScan scan = snapshot.scan(RecordKind::key_value);
  RecordView first;
  if (count == 0 || !scan.next(first)) return;
  log.convert("a metadata entry is left out", RecordKind::key_value, first.key, count);
}

const ExportForm& checked_form(const ExportOptions& options) {
  const ExportForm& form = find_form(options.form);
  check_csv_options(options.csv);
  if (form.write_file != nullptr && options.csv != CsvOptions()) {
    throw Error(ErrorCode::usage,
                "delimiters and quotes mean nothing to the form '" + options.form + "'",
                "nothing was written", "leave them out");
  }
  return form;
}

void write_one_file(const ExportForm& form, ExportSource& source, ByteSink& sink, ExportLog& log,
                    ExportReport& report) {
  TextOutput output(sink);
  form.write_file(source, output, log, report);
  output.flush();
  report.file_count = 1;
}

// `write` takes the source, the log and the report.
template <typename Write>
ExportReport export_as(const ExportForm& form, const Database& database,
                       const ExportOptions& options, const Write& write) {
  const std::shared_ptr<const Snapshot> snapshot = database.core().durable_snapshot();
  ExportSource source(*snapshot, options, form.passes);
  ExportLog log;
  ExportReport report;
  report.form = form.name;
  write(source, log, report);
  tell_of_metadata(*snapshot, log);
  report.conversions = log.take();
  report.sequence_number = {snapshot->state().sequence};
  report.committed_at_us = snapshot->state().committed_at_us;
  report.content_digest = snapshot->state().digest;
  return report;
}

}  // namespace

ExportReport export_graph(const Database& database, const std::filesystem::path& destination,
                          const ExportOptions& options) {
  const ExportForm& form = checked_form(options);
  if (name_exists(destination)) {
    throw Error(ErrorCode::would_overwrite, "'" + destination.string() + "' exists",
                "it was not touched", "export to another path, or remove it first");
  }
  backup::check_outside_database(database, destination);
  const bool is_file = form.write_file != nullptr;
  std::optional<DurableFile> file;
  std::optional<backup::RestoreDirectory> folder;
  const ExportReport exported = export_as(
      form, database, options, [&](ExportSource& source, ExportLog& log, ExportReport& report) {
        if (is_file) {
          file.emplace(destination);
          write_one_file(form, source, file->sink(), log, report);
        } else {
          folder.emplace(destination);
          form.write(source, options, folder->path(), log, report);
        }
      });
  is_file ? file->commit() : folder->commit();
  return exported;
}

ExportReport export_graph(const Database& database, std::ostream& out,
                          const ExportOptions& options) {
  const ExportForm& form = checked_form(options);
  if (form.write_file == nullptr) {
    throw Error(ErrorCode::usage, "the form '" + options.form + "' is a folder of files",
                "nothing was written", "name a folder that is to be made");
  }
  return export_as(form, database, options,
                   [&](ExportSource& source, ExportLog& log, ExportReport& report) {
                     StreamSink sink(out);
                     write_one_file(form, source, sink, log, report);
                     sink.finish();
                   });
}

}  // namespace manifolddb::migrate
