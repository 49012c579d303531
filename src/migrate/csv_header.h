// What the columns of a CSV file are: the header, in the dialects that we know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/migrate.h"
#include "migrate/csv_rows.h"
#include "migrate/csv_value.h"

namespace manifolddb::migrate {

enum class CsvRole { id, source, target, label, label_of_edge, type, property, ignore };

struct CsvColumn {
  CsvRole role = CsvRole::property;
  std::string name;   // of the property; empty: none
  std::string space;  // of ids
  CsvType type;
};

enum class CsvDialect {
  neo4j,    // id:ID(Person), name, :LABEL / :START_ID(Person), :END_ID(Person), :TYPE
  neptune,  // ~id, ~label, name:String / ~id, ~from, ~to, ~label
  apoc,     // _id, _labels, name, _start, _end, _type: nodes and edges in one file
  plain,    // columns by name (CsvOptions)
};

struct CsvHeader {
  std::vector<CsvColumn> columns;
  bool has_nodes = false, has_edges = false;
};

// Whether a line looks like the header of a dialect; true of plain for any.
bool is_header_of(CsvDialect dialect, const std::vector<CsvField>& fields);

// Throws Error{damaged}, without a place, for a header that cannot be one: unknown types, a column
// twice, an edge without an end.
CsvHeader parse_csv_header(CsvDialect dialect, const std::vector<CsvField>& fields,
                           const CsvOptions& options);

// Of , ; | and tab the one that stands most often in the first line of `head` outside quotes.
char guess_delimiter(std::string_view head, char quote);

}  // namespace manifolddb::migrate
