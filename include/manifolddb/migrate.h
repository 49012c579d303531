// Graphs from other systems into databases (docs/migration.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "manifolddb/backup.h"
#include "manifolddb/database.h"

namespace manifolddb::migrate {

// Files that are read as one: where a format has a header, the first begins with it and the others
// go on without (one that repeats it is fine). Compressed ones (gzip, zstd) are recognised by
// content. A folder with a schema.cypher, as Kuzu's EXPORT DATABASE writes it, stands for its
// files, and must be the only input (Error{usage}).
struct Input {
  std::vector<std::filesystem::path> files{};
  // What the file itself does not say of its records: the labels of its nodes, or the type of its
  // edges (then one name).
  std::vector<std::string> names{};
  // Read instead of `files`, which are then empty. Must live until the call returns.
  std::istream* stream = nullptr;
};

// Which ids entities and edges get.
enum class IdChoice {
  assign,  // the next ones of the database, in the order of the input
  keep,    // those of the input, which must be numbers from 1 to 2^63-1
};

// What becomes of an edge that names a node which is not there.
enum class OnDangling {
  fail,    // nothing is imported
  skip,    // the edge is left out, and listed
  create,  // a node is made: no labels, and the property "id" unless ids are kept
};

// How files of comma-separated values are read, in all dialects.
struct CsvOptions {
  std::optional<char> delimiter{};  // default: of , ; | and tab the one that the header has most of
  char array_delimiter = ';';       // between the items of a list, and between labels
  char quote = '"';
  // Format "csv" only: the columns that make a node or an edge, by their names in the header,
  // or their numbers from 1 on. The defaults are: id; source or from, target or to; label; type.
  std::optional<std::string> id{}, source{}, target{}, label{}, edge_type{};

  friend bool operator==(const CsvOptions&, const CsvOptions&) = default;
};

struct ImportOptions : backup::Options {
  std::string format = "auto";  // a name of import_formats(); auto: by content
  IdChoice ids = IdChoice::assign;
  OnDangling on_dangling = OnDangling::fail;
  // Into a database that has records, with IdChoice::keep: as in backup::import().
  backup::OnConflict on_conflict = backup::OnConflict::fail;
  CsvOptions csv{};
  // The type of edges of which neither the file nor Input::names says one. Error{usage} for formats
  // in which edges always have a type.
  std::optional<std::string> default_edge_type{};
  // Formats that write dates, times and durations as texts: a file that says what they are (the
  // mapping of apoc.import.json); or whether a column, a property of a label or type, is of the one
  // type that all its texts read as, for which files are read twice.
  std::optional<std::filesystem::path> types_file{};
  bool infer_types = false;
  // Nothing is written; all that would be refused is listed, up to refusals_max.
  bool dry_run = false;
  std::size_t refusals_max = 1000;            // listed; the others are counted
  std::filesystem::path scratch_directory{};  // of a dry run; default: the system's temporary one
  // `memory_limit_bytes` (of Options) is taken for 64 MiB where it is less. `progress` is told
  // KiB of the files as they are stored, of all of them; 0 where that is not known.
};

// Where something stands. Lines count from 1, bytes from 0 in the decompressed text.
struct SourcePlace {
  std::string file;
  std::uint64_t line = 0;
  std::uint64_t byte = 0;
};

// Something that was kept in another form than the source had it, or not at all.
struct Conversion {
  std::string kind;
  std::uint64_t count = 0;  // of statements, records or values; what a value has often counts once
  SourcePlace first;
};

// A record that was left out, or would be.
struct Refusal {
  SourcePlace place;
  std::string what;
};

struct ImportReport {
  std::string format;  // as recognised
  bool dry_run = false;
  std::uint64_t nodes_read = 0, edges_read = 0;
  std::uint64_t entities_kept = 0, edges_kept = 0;  // what is in the database now because of it
  std::uint64_t metadata_kept = 0;                  // of formats that have such entries
  std::uint64_t entities_created = 0;               // of those kept: by OnDangling::create
  std::uint64_t skipped_count = 0;                  // with OnConflict::skip
  std::uint64_t overwritten_count = 0;              // with OnConflict::overwrite
  std::vector<Conversion> conversions;              // in the order in which they were met first
  std::vector<Refusal> refusals;
  std::uint64_t refusal_count = 0;
  // Of the database afterwards; not of a dry run.
  SequenceNumber sequence_number;
  std::int64_t committed_at_us = 0;
  ContentDigest content_digest;
};

// What ImportOptions::format may be.
struct FormatName {
  std::string name;
  std::string summary;
};
std::vector<FormatName> import_formats();

// The format that "auto" takes the file, or folder, for; empty when it is none of them. Throws
// Error{not_found}, and what reading its first 64 KiB throws.
std::string recognise_format(const std::filesystem::path& file);

// Makes a database at `path`, where nothing may be (Error{would_overwrite}): as backup::restore()
// it happens in a temporary sibling, is synced, proved by reading back and renamed, so that on any
// error nothing is at `path`. Its first sequence number, 1, is the import. Throws Error{damaged}
// with file, line and byte for anything that cannot be imported; Error{usage} for an unknown format
// or options that make no sense for it.
ImportReport import_graph(const std::vector<Input>& inputs, const std::filesystem::path& path,
                          const ImportOptions& options = {});

// Into an open database, as one atomic transaction. Throws Error{conflict} for records that exist,
// with IdChoice::keep and OnConflict::fail; edges may then end at entities of the database.
ImportReport import_graph(const std::vector<Input>& inputs, Database& database,
                          const ImportOptions& options = {});

struct ExportOptions : backup::Options {
  std::string form;  // a name of export_forms()
  CsvOptions csv{};  // delimiter (default: comma), array_delimiter, quote
};

// Something that the form cannot hold, or not as it is.
struct ExportConversion {
  std::string kind;
  std::uint64_t count = 0;
  std::string first;  // "entity 7"
};

struct ExportReport {
  std::string form;
  std::uint64_t entities_written = 0, edges_written = 0;
  std::uint64_t file_count = 0;
  std::vector<ExportConversion> conversions;  // in the order in which they were met first
  // What was exported.
  SequenceNumber sequence_number;
  std::int64_t committed_at_us = 0;
  ContentDigest content_digest;
};

// What ExportOptions::form may be.
std::vector<FormatName> export_forms();

// Everything at one durable sequence number, while writers go on, as a folder of files, or the one
// file that the form is, at `destination`, where nothing may be (Error{would_overwrite}): it gets
// its name when it is complete and synced. The same content gives the same bytes. Throws
// Error{usage} for an unknown form.
ExportReport export_graph(const Database& database, const std::filesystem::path& destination,
                          const ExportOptions& options);
// The same to a stream, of a form that is one file; Error{usage} for the others.
ExportReport export_graph(const Database& database, std::ostream& out,
                          const ExportOptions& options);

}  // namespace manifolddb::migrate
