// The folder of Kuzu's EXPORT DATABASE, its tables as CSV.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/csv_rows.h"
#include "migrate/formats.h"
#include "migrate/kuzu_schema.h"
#include "migrate/kuzu_value.h"

namespace manifolddb::migrate {

namespace {

class KuzuImport {
 public:
  KuzuImport(InputFiles& files, GraphSink& sink) : files_(files), sink_(sink) {}

  void run() {
    if (files_.groups().size() != 1) {
      throw Error(ErrorCode::usage, "more than one folder of Kuzu, or files beside it",
                  "nothing was changed", "import them one after the other, with --into-existing");
    }
    const KuzuSchema schema(files_, files_.groups().front(), sink_);
    bool has_edges = false;
    for (const KuzuCopy& copy : schema.copies()) {
      if (copy.table->is_edges && !has_edges) sink_.nodes_end();
      has_edges = copy.table->is_edges;
      read(copy);
    }
  }

 private:
  void read(const KuzuCopy& copy) {
    from_ = sink_.id_space(copy.table->is_edges ? copy.from : copy.table->name);
    to_ = sink_.id_space(copy.to);
    const InputText text = files_.open(copy.file);
    CsvRows rows(*text.source, copy.delimiter, copy.quote);
    const std::size_t first_column = copy.table->is_edges ? 2 : 0;
    bool is_header = copy.has_header;
    while (rows.next(fields_)) {
      const Place place{copy.file, rows.line(), rows.byte()};
      if (!rows.has_line_end()) {  // Kuzu writes it behind each row
        sink_.refuse(place, "the row has no line end: the file was cut short");
        continue;
      }
      if (is_header) {
        is_header = false;
        continue;
      }
      if (fields_.size() != copy.columns.size() + first_column) {
        sink_.refuse(place, "the row has " + std::to_string(fields_.size()) +
                                " fields, its table " +
                                std::to_string(copy.columns.size() + first_column));
        continue;
      }
      try {
        take_row(copy, first_column, place);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::invalid_argument) throw;
        sink_.refuse(place, error.what());
      }
    }
  }

  void take_row(const KuzuCopy& copy, std::size_t first_column, const Place& place) {
    properties_.clear();
    const CsvField* key = nullptr;
    for (std::size_t i = 0; i < copy.columns.size(); ++i) {
      const CsvField& field = fields_[first_column + i];
      if (copy.columns[i] == copy.table->key) key = &field;
      take_field(copy.table->columns[copy.columns[i]], field, place);
    }
    copy.table->is_edges ? give_edge(copy, place) : give_node(copy, *key, place);
  }

  // Nothing at all is null; two quotes are a value, if it is of a type that can be empty.
  void take_field(const KuzuColumn& column, const CsvField& field, const Place& place) {
    if (field.text.empty() && (!field.quoted || !column.type.is_free_text)) return;
    add_kuzu_value(column.name, field.text, column.type, sink_, place, properties_);
  }

  static bool is_there(const CsvField& field) { return field.quoted || !field.text.empty(); }

  void give_node(const KuzuCopy& copy, const CsvField& key, const Place& place) {
    if (!is_there(key)) return sink_.refuse(place, "the key of the node is null");
    const std::string_view label = copy.table->name;
    SourceNode node;
    node.place = place;
    node.id = ExternalId{from_, key.text};
    node.labels = {&label, 1};
    node.properties = &properties_;
    sink_.node(node);
  }

  void give_edge(const KuzuCopy& copy, const Place& place) {
    if (!is_there(fields_[0]) || !is_there(fields_[1])) {
      return sink_.refuse(place, "the edge has no key of a node that it ends at");
    }
    SourceEdge edge;
    edge.place = place;
    edge.source = {from_, fields_[0].text};
    edge.target = {to_, fields_[1].text};
    edge.type = copy.table->name;
    edge.properties = &properties_;
    sink_.edge(edge);
  }

  InputFiles& files_;
  GraphSink& sink_;
  std::uint32_t from_ = 0, to_ = 0;  // id spaces: of the nodes, or of both ends
  std::vector<CsvField> fields_;
  PropertyList properties_;
};

// A schema.cypher on its own, so that what it lacks can be said; a folder is known by being one.
bool recognises_kuzu(std::string_view head, const ImportOptions&) {
  CypherCursor cursor;
  cursor.reset(head);
  if (cursor.take_word("INSTALL")) return cursor.is_word_before(";");
  if (cursor.take_word("LOAD")) return cursor.take_word("EXTENSION");
  if (cursor.take_word("DROP")) return cursor.take_word("SEQUENCE");
  if (!cursor.take_word("CREATE")) return false;
  if (cursor.take_word("SEQUENCE") || cursor.take_word("MACRO")) return true;
  return (cursor.take_word("NODE") || cursor.take_word("REL")) && cursor.take_word("TABLE");
}

void read_kuzu(InputFiles& files, const ImportOptions&, GraphSink& sink) {
  KuzuImport(files, sink).run();
}

}  // namespace

const Format kKuzuFormat{"kuzu", "the folder that Kuzu's EXPORT DATABASE wrote, as CSV",
                         recognises_kuzu, read_kuzu, Format::Takes::folder};

}  // namespace manifolddb::migrate
