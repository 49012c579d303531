#include "cli/commands/csv_arguments.h"

#include "manifolddb/error.h"

namespace manifolddb::cli {

namespace {

// "tab" is a word, since shells make it hard to type.
char parse_character(const std::string& option, const std::string& text) {
  if (text == "tab" || text == "\\t" || text == "TAB") return '\t';
  if (text.size() == 1) return text[0];
  throw Error(ErrorCode::usage, option + " takes one character, or tab; not '" + text + "'",
              "nothing was changed", "quote it for the shell: " + option + " ';'");
}

}  // namespace

void add_csv_characters(ArgumentParser& parser, CsvCharacters& characters) {
  parser
      .option("--delimiter", characters.delimiter,
              "CSV: between fields; tab is a word (default: a comma; reading: as the header shows)")
      .value_name("C");
  parser
      .option("--array-delimiter", characters.array_delimiter,
              "CSV: between items of a list, and labels (default ;)")
      .value_name("C");
  parser.option("--quote", characters.quote, "CSV: around fields (default \")").value_name("C");
}

void set_characters(const CsvCharacters& from, migrate::CsvOptions& to) {
  if (!from.delimiter.empty()) to.delimiter = parse_character("--delimiter", from.delimiter);
  if (!from.array_delimiter.empty()) {
    to.array_delimiter = parse_character("--array-delimiter", from.array_delimiter);
  }
  if (!from.quote.empty()) to.quote = parse_character("--quote", from.quote);
}

}  // namespace manifolddb::cli
