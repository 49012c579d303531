// CSV in four dialects, which differ in their headers: node files first, then those of edges.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backup/line_pieces.h"
#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/csv_header.h"
#include "migrate/csv_rows.h"
#include "migrate/formats.h"

namespace manifolddb::migrate {

namespace {

constexpr std::string_view kNeptuneIdName = "~id";

// Memory as a source, for what a file begins with.
class ViewSource final : public ByteSource {
 public:
  explicit ViewSource(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t n = bytes_.copy(buffer, size);
    bytes_.remove_prefix(n);
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  std::string name_;
};

// Whether there is a column for ids, or for the ends of edges.
bool names_records(const CsvHeader& header) {
  return header.has_edges ||
         std::any_of(header.columns.begin(), header.columns.end(),
                     [](const CsvColumn& column) { return column.role == CsvRole::id; });
}

bool begins_with_header(CsvDialect dialect, std::string_view head, const CsvOptions& options) {
  try {
    ViewSource source(head);
    CsvRows rows(source, options.delimiter.value_or(guess_delimiter(head, options.quote)),
                 options.quote);
    std::vector<CsvField> fields;
    if (!rows.next(fields) || !is_header_of(dialect, fields)) return false;
    if (dialect != CsvDialect::plain) return true;
    return names_records(parse_csv_header(dialect, fields, options));
  } catch (const Error&) {
    return false;
  }
}

// One file that is being read.
struct CsvFile {
  CsvFile(InputFiles& files, std::uint32_t file_number, char delimiter, char quote)
      : number(file_number), text(files.open(file_number)), rows(*text.source, delimiter, quote) {}
  bool next() { return rows.next(fields); }
  Place place() const { return {number, rows.line(), rows.byte()}; }

  std::uint32_t number;
  InputText text;
  CsvRows rows;
  std::vector<CsvField> fields;
};

// Files with one header.
struct CsvGroup {
  const InputFiles::Group* files = nullptr;
  char delimiter = ',';
  std::vector<std::string> header_row;
  CsvHeader header;
  std::vector<std::uint32_t> spaces;    // by column
  std::unique_ptr<CsvFile> first_file;  // behind its header; only if it cannot be opened again
};

class CsvImport {
 public:
  CsvImport(CsvDialect dialect, InputFiles& files, const ImportOptions& options, GraphSink& sink)
      : dialect_(dialect), files_(files), options_(options), sink_(sink) {}

  void run() {
    std::vector<CsvGroup> groups;
    for (const InputFiles::Group& group : files_.groups()) groups.push_back(open(group));
    const CsvOptions& csv = options_.csv;
    expect_column(groups, "--id", csv.id);
    expect_column(groups, "--source", csv.source);
    expect_column(groups, "--target", csv.target);
    expect_column(groups, "--label", csv.label);
    expect_column(groups, "--type", csv.edge_type);
    for (CsvGroup& group : groups) {
      if (group.header.has_nodes) read(group);
    }
    sink_.nodes_end();
    for (CsvGroup& group : groups) {
      if (!group.header.has_nodes) read(group);
    }
  }

 private:
  // A column that somebody names is in one of the files; anything else is a slip.
  void expect_column(const std::vector<CsvGroup>& groups, const std::string& option,
                     const std::optional<std::string>& chosen) const {
    if (!chosen) return;
    std::string columns;
    for (const CsvGroup& group : groups) {
      for (std::size_t i = 0; i < group.header_row.size(); ++i) {
        if (group.header.columns[i].name == *chosen || std::to_string(i + 1) == *chosen) return;
        columns.append(columns.empty() ? "" : ", ").append(quote_text(group.header_row[i]));
      }
    }
    constexpr std::size_t kShownMax = 400;
    if (columns.size() > kShownMax) columns.replace(kShownMax, std::string::npos, " ...");
    throw Error(ErrorCode::usage, "no file has the column " + quote_text(*chosen) + " of " + option,
                {}, "the columns are: " + columns);
  }

  CsvGroup open(const InputFiles::Group& files) {
    CsvGroup group;
    group.files = &files;
    const std::uint32_t first = files.files.front();
    group.delimiter =
        options_.csv.delimiter.value_or(guess_delimiter(files_.head(first), options_.csv.quote));
    auto file = std::make_unique<CsvFile>(files_, first, group.delimiter, options_.csv.quote);
    if (!file->next()) {
      throw Error(ErrorCode::damaged, files_.name(first) + " is empty: it has no header");
    }
    try {
      group.header = parse_csv_header(dialect_, file->fields, options_.csv);
    } catch (const Error& error) {
      throw Error(error.code(),
                  backup::line_place(files_.name(first), file->rows.line(), file->rows.byte()) +
                      error.what());
    }
    check_dialect(*file, group.header);
    for (const CsvField& field : file->fields) group.header_row.emplace_back(field.text);
    for (const CsvColumn& column : group.header.columns) {
      group.spaces.push_back(sink_.id_space(column.space));
    }
    check_type_is_known(group);
    if (files_.reads_once(first)) group.first_file = std::move(file);
    return group;
  }

  // A table of another dialect would be taken for nodes without ids. Plain tables may be that,
  // where somebody said that they are plain.
  void check_dialect(const CsvFile& file, const CsvHeader& header) const {
    const bool fits = dialect_ == CsvDialect::plain
                          ? options_.format != "auto" || names_records(header)
                          : is_header_of(dialect_, file.fields);
    if (fits) return;
    throw Error(ErrorCode::damaged,
                backup::line_place(files_.name(file.number), file.rows.line(), file.rows.byte()) +
                    "the header is of another kind than that of " + files_.name(0),
                {}, "import files of different kinds one after the other, with --into-existing");
  }

  void check_type_is_known(const CsvGroup& group) const {
    if (!group.header.has_edges || group.header.has_nodes) return;
    const bool has_column =
        std::any_of(group.header.columns.begin(), group.header.columns.end(),
                    [](const CsvColumn& column) { return column.role == CsvRole::type; });
    const std::string& name = files_.name(group.files->files.front());
    if (group.files->names.size() > 1) {
      throw Error(ErrorCode::usage, name + " holds edges, and edges have one type",
                  "nothing was changed", "give one: TYPE=" + name);
    }
    if (has_column || !group.files->names.empty() || options_.default_edge_type) return;
    throw Error(ErrorCode::usage, name + " has no column for the type of its edges",
                "nothing was changed", "name it: TYPE=" + name + ", or --edge-type TYPE for all");
  }

  void read(CsvGroup& group) {
    for (const std::uint32_t number : group.files->files) {
      std::unique_ptr<CsvFile> file = std::move(group.first_file);
      const bool is_behind_header = file != nullptr;
      if (!file) {
        file = std::make_unique<CsvFile>(files_, number, group.delimiter, options_.csv.quote);
      }
      bool is_first_row = !is_behind_header;
      while (file->next()) {
        if (std::exchange(is_first_row, false) && is_header(group, file->fields)) continue;
        read_row(group, *file);
      }
    }
  }

  static bool is_header(const CsvGroup& group, const std::vector<CsvField>& fields) {
    return std::equal(
        fields.begin(), fields.end(), group.header_row.begin(), group.header_row.end(),
        [](const CsvField& field, const std::string& text) { return field.text == text; });
  }

  // What the columns of a row say, beside the properties.
  struct Row {
    std::optional<ExternalId> id, source, target;
    std::string_view type;
  };

  void read_row(const CsvGroup& group, const CsvFile& file) {
    const Place place = file.place();
    const std::vector<CsvColumn>& columns = group.header.columns;
    const std::vector<CsvField>& fields = file.fields;
    for (std::size_t i = columns.size(); i < fields.size(); ++i) {
      if (fields[i].text.empty() && !fields[i].quoted) continue;
      return sink_.refuse(place, "the row has " + std::to_string(fields.size()) +
                                     " fields, its header " + std::to_string(columns.size()));
    }
    if (fields.size() < columns.size()) {
      sink_.convert("a row has fewer fields than its header: the others have no value", place);
    }
    Row row;
    properties_.clear();
    labels_.clear();
    try {
      for (std::size_t i = 0; i < std::min(fields.size(), columns.size()); ++i) {
        take_field(columns[i], group.spaces[i], fields[i], place, row);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      return sink_.refuse(place, error.what());
    }
    const bool is_edge =
        group.header.has_edges && (!group.header.has_nodes || row.source || row.target);
    if (is_edge) {
      give_edge(group, place, row);
    } else {
      give_node(group, place, row);
    }
  }

  void take_field(const CsvColumn& column, std::uint32_t space, const CsvField& field,
                  const Place& place, Row& row) {
    if (field.text.empty() &&
        (!field.quoted || column.role != CsvRole::property || dialect_ == CsvDialect::apoc)) {
      return;
    }
    switch (column.role) {
      case CsvRole::id:
        row.id = ExternalId{space, field.text};
        return keep_id(column, field.text, place);
      case CsvRole::source:
        row.source = ExternalId{space, field.text};
        return;
      case CsvRole::target:
        row.target = ExternalId{space, field.text};
        return;
      case CsvRole::label:
        return take_labels(field.text);
      case CsvRole::label_of_edge:
        return sink_.convert("a label of an edge is not kept", place);
      case CsvRole::type:
        row.type = field.text;
        return;
      case CsvRole::property:
        return take_property(column, field, place);
      case CsvRole::ignore:
        return;
    }
  }

  void take_property(const CsvColumn& column, const CsvField& field, const Place& place) {
    const bool is_text = column.type.kind == CsvType::Kind::text;
    if (field.text.empty() && !is_text && !column.type.is_list) return;
    if (const CsvNote note = add_csv_value(column.name, field.text, column.type,
                                           options_.csv.array_delimiter, properties_)) {
      sink_.convert(note, place);
    }
  }

  // The source's id, where the source itself would go on showing it.
  void keep_id(const CsvColumn& column, std::string_view text, const Place& place) {
    if (options_.ids == IdChoice::keep && dialect_ == CsvDialect::plain) return;
    if (!column.name.empty()) {
      add_csv_value(column.name, text, column.type, options_.csv.array_delimiter, properties_);
    } else if (options_.ids == IdChoice::keep) {
      return;
    } else if (dialect_ == CsvDialect::neptune) {
      sink_.convert("an id is kept as the property ~id", place);
      properties_.add_text(kNeptuneIdName, text);
    } else {
      sink_.convert("an id is not kept: its column has no name", place);
    }
  }

  void take_labels(std::string_view text) {
    const char delimiter = dialect_ == CsvDialect::apoc ? ':' : options_.csv.array_delimiter;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find(delimiter, at), text.size());
      if (end != at) labels_.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }

  void give_node(const CsvGroup& group, const Place& place, const Row& row) {
    for (const std::string& label : group.files->names) labels_.emplace_back(label);
    sink_.node({place, row.id, labels_, &properties_});
  }

  void give_edge(const CsvGroup& group, const Place& place, const Row& row) {
    if (!row.source || !row.target) {
      return sink_.refuse(place,
                          std::string("the edge has no ") + (row.source ? "target" : "source"));
    }
    std::string_view type = row.type;
    if (type.empty() && !group.files->names.empty()) type = group.files->names.front();
    if (type.empty() && options_.default_edge_type) type = *options_.default_edge_type;
    if (type.empty()) return sink_.refuse(place, "the edge has no type");
    SourceEdge edge;
    edge.place = place;
    if (row.id) edge.id = row.id->text;
    edge.source = *row.source;
    edge.target = *row.target;
    edge.type = type;
    edge.properties = &properties_;
    sink_.edge(edge);
  }

  CsvDialect dialect_;
  InputFiles& files_;
  const ImportOptions& options_;
  GraphSink& sink_;
  PropertyList properties_;
  std::vector<std::string_view> labels_;
};

template <CsvDialect dialect>
bool recognises_csv(std::string_view head, const ImportOptions& options) {
  return begins_with_header(dialect, head, options.csv);
}

template <CsvDialect dialect>
void read_csv(InputFiles& files, const ImportOptions& options, GraphSink& sink) {
  CsvImport(dialect, files, options, sink).run();
}

}  // namespace

const Format kNeo4jCsvFormat{"neo4j-csv", "files with the headers of neo4j-admin database import",
                             recognises_csv<CsvDialect::neo4j>, read_csv<CsvDialect::neo4j>,
                             Format::Takes::tables};
const Format kNeptuneCsvFormat{"neptune-csv", "files with the headers of Neptune's bulk loader",
                               recognises_csv<CsvDialect::neptune>, read_csv<CsvDialect::neptune>,
                               Format::Takes::tables};
const Format kApocCsvFormat{"apoc-csv", "what apoc.export.csv writes: nodes and edges in one file",
                            recognises_csv<CsvDialect::apoc>, read_csv<CsvDialect::apoc>,
                            Format::Takes::tables};
const Format kCsvFormat{"csv", "any table with a column for ids, or for sources and targets",
                        recognises_csv<CsvDialect::plain>, read_csv<CsvDialect::plain>,
                        Format::Takes::plain_tables};

}  // namespace manifolddb::migrate
