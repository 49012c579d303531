// Values as CSV columns with types hold them: the other direction of csv_value.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/value.h"
#include "migrate/csv_value.h"

namespace manifolddb::migrate {

// How a value is written, and in which type of column.
struct CsvForm {
  CsvType type;
  bool is_empty_list = false;  // goes into a list of any type
  bool as_json = false;        // nothing typed holds it: its JSON, as text
  // What is lost; null: nothing.
  const char* loss = nullptr;
};

struct CsvForms {
  char array_delimiter = ';';
  bool has_vectors = false;  // the type `vector`, which is our own
};

// Requires that it is not null.
CsvForm csv_form_of(const Value& value, const CsvForms& forms);

// The text of the value in that form, without quotes.
void append_csv_text(const Value& value, const CsvForm& form, const CsvForms& forms,
                     std::string& out);

// neo4j-admin's name of a type: "long", "string[]".
std::string csv_type_name(const CsvType& type);

// One field, in quotes where that is needed; an empty text is "", since nothing at all is no value.
struct CsvQuoting {
  char delimiter = ',';
  char quote = '"';
};
void append_csv_field(std::string_view text, const CsvQuoting& quoting, std::string& out);

}  // namespace manifolddb::migrate
