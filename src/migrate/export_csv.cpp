// Exports to tables: neo4j-admin's headers with types, or plain ones.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/file_system.h"
#include "common/varint.h"
#include "io/file_stream.h"
#include "migrate/csv_header.h"
#include "migrate/csv_tables.h"
#include "migrate/export_forms.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kCsvWriteBytes = 64u << 10;
constexpr std::size_t kFileNameBytesMax = 80;

enum class TableStyle { neo4j, plain };

// A file of its table.
class TableFile {
 public:
  TableFile(const std::filesystem::path& path, const CsvQuoting& quoting)
      : sink_(open_file(path, O_WRONLY | O_CREAT | O_EXCL), path.string()), quoting_(quoting) {}

  void field(std::string_view text) {
    separate();
    append_csv_field(text, quoting_, buffer_);
  }
  void no_value() { separate(); }
  void end_row() {
    buffer_ += '\n';
    row_is_empty_ = true;
    if (buffer_.size() >= kCsvWriteBytes) flush();
  }
  void close() {
    flush();
    sink_.close();
  }

 private:
  void separate() {
    if (!std::exchange(row_is_empty_, false)) buffer_ += quoting_.delimiter;
  }
  void flush() {
    sink_.write(buffer_);
    buffer_.clear();
  }

  FileSink sink_;
  CsvQuoting quoting_;
  std::string buffer_;
  bool row_is_empty_ = true;
};

// Letters, digits, - and _; anything else as %XX.
std::string file_name_of(std::string_view group) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string name;
  for (const char c : group) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
    if (name.size() >= kFileNameBytesMax) break;
  }
  return name;
}

// Names of columns that mean something to our own reader of plain tables, whatever their case, get
// a prefix; so do those with the prefix, so that no two become the same.
std::string plain_column_name(const std::string& property) {
  constexpr std::string_view kPrefix = "property.";
  std::string_view stem = property;
  while (stem.starts_with(kPrefix)) stem.remove_prefix(kPrefix.size());
  std::string word(stem);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::array<std::string_view, 7> kMeant{"id",   "label", "source", "target",
                                                   "from", "to",    "type"};
  if (std::find(kMeant.begin(), kMeant.end(), word) != kMeant.end()) {
    return std::string(kPrefix) + property;
  }
  return property;
}

class CsvExport {
 public:
  CsvExport(TableStyle style, ExportSource& source, const ExportOptions& options,
            const std::filesystem::path& folder, ExportLog& log, ExportReport& report)
      : style_(style),
        source_(source),
        folder_(folder),
        log_(log),
        report_(report),
        forms_{options.csv.array_delimiter, style == TableStyle::plain},
        quoting_{options.csv.delimiter.value_or(','), options.csv.quote},
        tables_(forms_, style == TableStyle::neo4j) {}

  void run() {
    source_.for_each_entity([this](const Entity& entity) {
      tables_.add(RecordKind::entity, group_of(entity), entity.properties);
    });
    source_.for_each_edge([this](const Edge& edge) {
      tables_.add(RecordKind::edge, edge.edge_type, edge.properties);
    });
    open_files();
    source_.for_each_entity([this](const Entity& entity) { write(entity); });
    source_.for_each_edge([this](const Edge& edge) { write(edge); });
    for (TableFile& file : files_) file.close();
    report_.file_count = files_.size();
  }

 private:
  // Entities with the same labels come to the same files. Others may, too: each row has its own.
  static std::string group_of(const Entity& entity) {
    std::string group;
    for (const std::string& label : entity.labels) {
      if (!group.empty()) group += '_';
      group += label;
    }
    return group;
  }

  void open_files() {
    std::set<std::string> taken;
    for (const CsvTable& table : tables_.tables()) {
      const bool is_node = table.kind == RecordKind::entity;
      std::string stem = is_node ? "nodes" : "edges";
      if (!table.group.empty()) stem += "-" + file_name_of(table.group);
      std::string name = stem;
      for (std::size_t i = 2; !taken.insert(name).second; ++i) {
        name = stem + "-" + std::to_string(i);
      }
      files_.emplace_back(folder_ / (name + ".csv"), quoting_);
      write_header(table, files_.back());
    }
  }

  void write_header(const CsvTable& table, TableFile& file) {
    const bool is_node = table.kind == RecordKind::entity;
    using Names = std::vector<const char*>;
    const Names names =
        style_ == TableStyle::neo4j
            ? (is_node ? Names{":ID", ":LABEL"} : Names{":START_ID", ":END_ID", ":TYPE"})
            : (is_node ? Names{"id", "label"} : Names{"id", "source", "target", "type"});
    for (const char* const name : names) file.field(name);
    for (const auto& [property, type] : table.columns) {
      if (property.empty() && style_ == TableStyle::neo4j) continue;
      file.field(style_ == TableStyle::neo4j ? property + ":" + csv_type_name(type)
                                             : plain_header(property));
    }
    file.end_row();
  }

  // A name that would read as one with a type, or make the table one of another dialect, gets a
  // type.
  std::string plain_header(const std::string& property) {
    const std::string name = plain_column_name(property);
    if (name != property) renamed_.insert(property);
    const CsvHeader header = parse_csv_header(CsvDialect::plain, {{name, true}}, {});
    const auto is_one_of = [&name](CsvDialect dialect, std::string_view beside) {
      return is_header_of(dialect, {{name, true}, {beside, true}});
    };
    const bool is_foreign =
        is_one_of(CsvDialect::neo4j, "") || is_one_of(CsvDialect::neptune, "") ||
        is_one_of(CsvDialect::apoc, "_id") || is_one_of(CsvDialect::apoc, "_labels");
    return header.columns.front().name == name && !is_foreign ? name : name + ":string";
  }

  void write(const Entity& entity) {
    key_.clear();
    append_be64(key_, entity.id.value);
    kind_ = RecordKind::entity;
    const std::size_t table = tables_.find(RecordKind::entity, group_of(entity), entity.properties);
    TableFile& file = files_[table];
    file.field(std::to_string(entity.id.value));
    write_labels(entity.labels, file);
    write_properties(tables_.tables()[table], entity.properties, file);
    ++report_.entities_written;
  }

  void write_labels(const std::vector<std::string>& labels, TableFile& file) {
    text_.clear();
    for (const std::string& label : labels) {
      if (label.empty() || label.find(forms_.array_delimiter) != std::string::npos) {
        lose("a label that is empty or has the array delimiter in it is left out");
        continue;
      }
      if (!text_.empty()) text_ += forms_.array_delimiter;
      text_ += label;
    }
    if (text_.empty()) {
      file.no_value();
    } else {
      file.field(text_);
    }
  }

  void write(const Edge& edge) {
    key_.clear();
    append_be64(key_, edge.id.value);
    kind_ = RecordKind::edge;
    const std::size_t table = tables_.find(RecordKind::edge, edge.edge_type, edge.properties);
    if (edge.edge_type.empty()) return lose("an edge whose type is empty is left out");
    TableFile& file = files_[table];
    if (style_ == TableStyle::plain) {
      file.field(std::to_string(edge.id.value));
    } else {
      lose("an edge's id is not kept");
    }
    file.field(std::to_string(edge.source.value));
    file.field(std::to_string(edge.target.value));
    file.field(edge.edge_type);
    write_properties(tables_.tables()[table], edge.properties, file);
    ++report_.edges_written;
  }

  void write_properties(const CsvTable& table, const Properties& properties, TableFile& file) {
    auto property = properties.begin();
    for (const auto& [name, type] : table.columns) {
      while (property != properties.end() && property->first < name) skip(*property++);
      const bool is_there = property != properties.end() && property->first == name;
      if (name.empty() && style_ == TableStyle::neo4j) {
        if (is_there) skip(*property++);
        continue;
      }
      if (is_there && !property->second.is_null()) {
        if (renamed_.contains(name))
          lose("a property named like a column has \"property.\" before its name");
        write_value(table, property->second, file);
      } else {
        file.no_value();
      }
      if (is_there) skip(*property++);
    }
    while (property != properties.end()) skip(*property++);
    file.end_row();
  }

  void write_value(const CsvTable& table, const Value& value, TableFile& file) {
    const CsvForm form = csv_form_of(value, forms_);
    if (form.loss != nullptr) lose(form.loss);
    if (table.is_untyped && form.type != CsvType{}) {
      lose(style_ == TableStyle::plain ? "a value is written as text, its type is not kept"
                                       : "a value is written as text: there are too many tables");
    }
    text_.clear();
    append_csv_text(value, form, forms_, text_);
    file.field(text_);
  }

  void skip(const Properties::value_type& property) {
    if (property.first.empty() && style_ == TableStyle::neo4j) {
      lose("a property whose name is empty is left out");
    } else if (property.second.is_null()) {
      lose("a property that is null is left out");
    }
  }

  void lose(std::string_view kind) { log_.convert(kind, kind_, key_); }

  TableStyle style_;
  ExportSource& source_;
  const std::filesystem::path& folder_;
  ExportLog& log_;
  ExportReport& report_;
  CsvForms forms_;
  CsvQuoting quoting_;
  CsvTables tables_;
  std::vector<TableFile> files_;
  std::set<std::string> renamed_;  // plain: properties whose columns have another name
  RecordKind kind_{};
  std::string key_, text_;
};

template <TableStyle style>
void write_csv(ExportSource& source, const ExportOptions& options,
               const std::filesystem::path& folder, ExportLog& log, ExportReport& report) {
  CsvExport(style, source, options, folder, log, report).run();
}

}  // namespace

const ExportForm kNeo4jCsvForm{"neo4j-csv", "a folder of files for neo4j-admin database import", 2,
                               write_csv<TableStyle::neo4j>};
const ExportForm kCsvForm{"csv", "a folder with nodes.csv and edges.csv, all values as text", 2,
                          write_csv<TableStyle::plain>};

}  // namespace manifolddb::migrate
