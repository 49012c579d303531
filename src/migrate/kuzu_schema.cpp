#include "migrate/kuzu_schema.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "backup/line_pieces.h"
#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/cypher_statements.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kKeyNotKept = "that a property is the key of its table is not kept";
constexpr const char* kOneNotKept = "that a node may have one edge of a type is not kept";
constexpr const char* kSequenceNotKept = "a sequence is not kept";
constexpr const char* kMacroNotKept = "a macro is not kept";
constexpr const char* kKuzuIndexNotKept = "an index is not kept";
constexpr const char* kFileNotRead = "a file that copy.cypher does not name is not read";
constexpr const char* kExportAgain =
    "export the database again: EXPORT DATABASE 'folder' (format='csv')";

// Behind the last slash: old versions write whole paths, and nothing outside the folder is read.
std::string_view file_name_of(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

// What a statement of the schema begins with that says nothing of tables.
constexpr std::array<std::pair<const char*, const char*>, 6> kKuzuOther{{
    {"DROP", nullptr},  // SEQUENCE IF EXISTS, before it is made
    {"RETURN", nullptr},
    {"INSTALL", nullptr},
    {"LOAD", nullptr},
    {"CALL", kKuzuIndexNotKept},
    {"COMMENT", "a comment on a table is not kept"},
}};

}  // namespace

KuzuSchema::KuzuSchema(InputFiles& files, const InputFiles::Group& group, GraphSink& sink)
    : files_(files), sink_(sink) {
  for (const std::uint32_t file : group.files) {
    const std::string_view name = file_name_of(files.name(file));
    if (numbers_.emplace(name, file).second) continue;
    throw Error(ErrorCode::usage, "two files have the name " + quote_text(name),
                "nothing was changed", "give the folder that EXPORT DATABASE wrote");
  }
  const auto schema = find_file("schema.cypher");
  const auto copy = find_file("copy.cypher");
  if (!schema) {
    throw Error(ErrorCode::usage,
                files_.name(group.files.front()) + " is no schema.cypher of an exported database",
                "nothing was changed", "give the folder that EXPORT DATABASE wrote");
  }
  if (!copy) {
    throw Error(ErrorCode::damaged,
                "there is no copy.cypher beside " + files_.name(*schema) + ": it holds no data", {},
                "give the folder that EXPORT DATABASE wrote, without schema_only");
  }
  copy_file_ = *copy;
  for_each_statement(*schema, [this] { take_schema(); });
  for_each_statement(*copy, [this] { take_copy(); });
  if (const auto index = find_file("index.cypher")) {
    for_each_statement(*index, [this] { take_index(); });
  }
  check_all_is_there();
  std::stable_partition(copies_.begin(), copies_.end(),
                        [](const KuzuCopy& one) { return !one.table->is_edges; });
}

std::optional<std::uint32_t> KuzuSchema::find_file(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

void KuzuSchema::fail(const Place& place, const std::string& what, const std::string& next) const {
  throw Error(ErrorCode::damaged,
              backup::line_place(files_.name(place.file), place.line, place.byte) + what, {}, next);
}

template <typename Take>
void KuzuSchema::for_each_statement(std::uint32_t file, const Take& take) {
  CypherStatements statements(files_, file);
  while (statements.next()) {
    cursor_.reset(statements.text());
    place_ = statements.place();
    try {
      take();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      fail(statements.place_at(cursor_.offset()), error.what());
    }
  }
}

const KuzuTable* KuzuSchema::find_table(std::string_view name) const {
  const auto found = table_numbers_.find(name);
  return found == table_numbers_.end() ? nullptr : &tables_[found->second];
}

void KuzuSchema::take_parts(std::size_t count) {
  part_count_ += count;
  if (part_count_ <= kPartsMax) return;
  fail(place_,
       "the tables have more than " + group_digits(kPartsMax) +
           " columns, parts of their types, pairs of tables that edges join, and columns of files",
       "export fewer tables at once");
}

void KuzuSchema::take_schema() {
  for (const auto& [word, kind] : kKuzuOther) {
    if (!cursor_.take_word(word)) continue;
    if (kind != nullptr) sink_.convert(kind, place_);
    return;
  }
  cursor_.expect_word("CREATE");
  if (cursor_.take_word("SEQUENCE")) return sink_.convert(kSequenceNotKept, place_);
  if (cursor_.take_word("MACRO")) return sink_.convert(kMacroNotKept, place_);
  take_table();
}

// Behind CREATE: NODE TABLE `Person` (`name` STRING, PRIMARY KEY(`name`)).
void KuzuSchema::take_table() {
  KuzuTable table;
  table.is_edges = cursor_.take_word("REL");
  if (!table.is_edges) cursor_.expect_word("NODE");
  cursor_.expect_word("TABLE");
  cursor_.take_word("GROUP");
  if (cursor_.take_word("IF")) {
    cursor_.expect_word("NOT");
    cursor_.expect_word("EXISTS");
  }
  table.name = cursor_.name();
  if (find_table(table.name) != nullptr) {
    fail(place_, "the table " + quote_text(table.name) + " is there twice");
  }
  if (tables_.size() == kTablesMax) {
    fail(place_, "there are more than " + group_digits(kTablesMax) + " tables",
         "export fewer tables at once");
  }
  std::string key;
  cursor_.expect("(");
  do {
    take_table_element(table, key);
  } while (cursor_.take(","));
  cursor_.expect(")");
  check_table(table, key);
  if (!table.is_edges) sink_.convert(kKeyNotKept, place_);
  table_numbers_.emplace(table.name, tables_.size());
  tables_.push_back(std::move(table));
}

// Also finds the column of the key.
void KuzuSchema::check_table(KuzuTable& table, const std::string& key) {
  if (table.is_edges ? table.ends.empty() : key.empty()) {
    fail(place_, "the table " + quote_text(table.name) + " has no " +
                     (table.is_edges ? "FROM and TO" : "PRIMARY KEY"));
  }
  if (std::set(table.ends.begin(), table.ends.end()).size() != table.ends.size()) {
    fail(place_, "the table " + quote_text(table.name) + " joins two tables twice");
  }
  while (!table.is_edges && table.columns[table.key].name != key) {
    if (++table.key == table.columns.size()) {
      fail(place_, "the key " + quote_text(key) + " is no column of its table");
    }
  }
}

void KuzuSchema::take_table_element(KuzuTable& table, std::string& key) {
  if (!table.is_edges && cursor_.take_word("PRIMARY")) {
    cursor_.expect_word("KEY");
    cursor_.expect("(");
    key = cursor_.name();
    cursor_.expect(")");
    if (table.columns.empty()) cursor_.fail("the columns before the key");
    return;
  }
  if (table.is_edges) {
    if (cursor_.take_word("FROM")) {
      std::string from(cursor_.name());
      cursor_.expect_word("TO");
      take_parts(1);
      table.ends.emplace_back(std::move(from), cursor_.name());
      return;
    }
    if (cursor_.take_word("MANY_MANY")) return;
    for (const char* word : {"MANY_ONE", "ONE_MANY", "ONE_ONE"}) {
      if (cursor_.take_word(word)) return sink_.convert(kOneNotKept, place_);
    }
  }
  take_column(table);
}

// `name` STRING DEFAULT 'x'
void KuzuSchema::take_column(KuzuTable& table) {
  const std::string_view name = cursor_.name();
  if (!table.column_numbers.emplace(name, table.columns.size()).second) {
    fail(place_, "the column " + quote_text(name) + " is there twice");
  }
  KuzuColumn column;
  column.name = name;
  column.type = parse_kuzu_type(cursor_);
  take_parts(column.type.parts);
  if (cursor_.take_word("DEFAULT")) cursor_.skip_expression();
  table.columns.push_back(std::move(column));
}

// COPY `Knows` (`since`) FROM "Knows_Person_Person.csv" (from='Person', to='Person', header=true)
void KuzuSchema::take_copy() {
  KuzuCopy copy;
  copy.place = place_;
  cursor_.expect_word("COPY");
  const std::string_view name = cursor_.name();
  copy.table = find_table(name);
  if (copy.table == nullptr) {
    fail(place_, "schema.cypher has no table " + quote_text(name));
  }
  take_copy_columns(copy);
  cursor_.expect_word("FROM");
  copy.file = take_copy_file();
  if (cursor_.take("(")) take_copy_options(copy);
  cursor_.expect_end();
  check_written_as_we_read(copy);
  if (copy.table->is_edges) check_ends(copy);
  add_copy(std::move(copy));
}

void KuzuSchema::add_copy(KuzuCopy copy) {
  if (!copied_files_.insert(copy.file).second) fail(place_, "the file is there twice");
  if (!copied_[copy.table].emplace(copy.from, copy.to).second) {
    fail(place_,
         "the table " + quote_text(copy.table->name) + " has a file already" +
             (copy.table->is_edges ? " from " + quote_text(copy.from) + " to " + quote_text(copy.to)
                                   : std::string()));
  }
  copies_.push_back(std::move(copy));
}

// Without a list it is all columns of the table, if it has any.
void KuzuSchema::take_copy_columns(KuzuCopy& copy) {
  if (!cursor_.take("(")) {
    take_parts(copy.table->columns.size());
    for (std::size_t i = 0; i < copy.table->columns.size(); ++i) copy.columns.push_back(i);
    return;
  }
  if (cursor_.take(")")) return;
  copied_columns_.clear();
  do {
    const std::string_view name = cursor_.name();
    const auto found = copy.table->column_numbers.find(name);
    if (found == copy.table->column_numbers.end()) {
      fail(place_,
           "the table " + quote_text(copy.table->name) + " has no column " + quote_text(name));
    }
    if (!copied_columns_.insert(found->second).second) {
      fail(place_, "the column " + quote_text(name) + " is there twice");
    }
    copy.columns.push_back(found->second);
  } while (cursor_.take(","));
  cursor_.expect(")");
}

std::uint32_t KuzuSchema::take_copy_file() {
  const std::string_view name = file_name_of(cursor_.text());
  if (name.ends_with(".parquet")) {
    throw Error(ErrorCode::usage,
                files_.name(copy_file_) + ": the tables are in Parquet, which is not read",
                "nothing was changed",
                "export them as CSV: EXPORT DATABASE 'folder' (format='csv')");
  }
  const auto file = find_file(name);
  if (!file) fail(place_, "the file " + quote_text(name) + " is not in the folder", kExportAgain);
  return *file;
}

void KuzuSchema::take_copy_options(KuzuCopy& copy) {
  if (cursor_.take(")")) return;
  do {
    std::string name(cursor_.name());
    cursor_.expect("=");
    // Kuzu 0.11 writes quote=quote='…'.
    if (cursor_.take_word("QUOTE") || cursor_.take_word("DELIM") || cursor_.take_word("ESCAPE")) {
      cursor_.expect("=");
    }
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    take_copy_option(name, copy);
  } while (cursor_.take(","));
  cursor_.expect(")");
}

void KuzuSchema::take_copy_option(std::string_view name, KuzuCopy& copy) {
  if (name == "header" || name == "parallel" || name == "auto_detect") {
    const bool is_true = cursor_.take_word("TRUE");
    if (!is_true) cursor_.expect_word("FALSE");
    if (name == "header") copy.has_header = is_true;
  } else if (name == "from") {
    copy.from = cursor_.text();
  } else if (name == "to") {
    copy.to = cursor_.text();
  } else if (name == "delim" || name == "delimiter") {
    copy.delimiter = cursor_.character();
  } else if (name == "quote") {
    copy.quote = cursor_.character();
  } else if (name == "escape") {
    copy.escape = cursor_.character();
  } else {
    cursor_.fail("an option that says how a file is written (header, delim, quote, escape) before");
  }
}

void KuzuSchema::check_written_as_we_read(const KuzuCopy& copy) const {
  if (copy.escape != copy.quote) {
    throw Error(ErrorCode::usage,
                backup::line_place(files_.name(place_.file), place_.line, place_.byte) +
                    "quotes within texts are written as " + quote_text({&copy.escape, 1}) +
                    " and a quote; only two quotes are read",
                "nothing was changed", "export again, with escape the same character as quote");
  }
  if (copy.delimiter == copy.quote) {
    fail(place_, "the delimiter and the quote are both " + quote_text({&copy.quote, 1}));
  }
  const bool has_key =
      std::find(copy.columns.begin(), copy.columns.end(), copy.table->key) != copy.columns.end();
  if (!copy.table->is_edges && !has_key) {
    fail(place_, "the columns of " + quote_text(copy.table->name) + " are without its key");
  }
}

// Which tables a file of edges joins, where its table has one pair of them, or says so itself.
void KuzuSchema::check_ends(KuzuCopy& copy) const {
  const auto& ends = copy.table->ends;
  if (copy.from.empty() && copy.to.empty() && ends.size() == 1) {
    copy.from = ends.front().first;
    copy.to = ends.front().second;
  }
  if (std::find(ends.begin(), ends.end(), std::pair(copy.from, copy.to)) == ends.end()) {
    fail(copy.place, "the table " + quote_text(copy.table->name) + " has no edges from " +
                         quote_text(copy.from) + " to " + quote_text(copy.to));
  }
  for (const std::string& end : {copy.from, copy.to}) {
    const KuzuTable* const table = find_table(end);
    if (table == nullptr || table->is_edges) {
      fail(copy.place, "schema.cypher has no table of nodes " + quote_text(end));
    }
  }
}

void KuzuSchema::take_index() {
  if (cursor_.take_word("CALL") || cursor_.take_word("CREATE")) {
    sink_.convert(kKuzuIndexNotKept, place_);
  }
}

// EXPORT DATABASE writes a file for each table, and pair of tables, also where there is nothing in
// it: so nothing may be missing.
void KuzuSchema::check_all_is_there() const {
  for (const KuzuTable& table : tables_) {
    const auto copied = copied_.find(&table);
    const std::size_t count = copied == copied_.end() ? 0 : copied->second.size();
    const std::size_t expected = table.is_edges ? table.ends.size() : 1;
    if (count == expected) continue;
    throw Error(ErrorCode::damaged,
                files_.name(copy_file_) + ": it has " + std::to_string(count) +
                    " files for the table " + quote_text(table.name) + ", which should have " +
                    std::to_string(expected) + "; was it cut short?",
                {}, kExportAgain);
  }
  for (const auto& [name, number] : numbers_) {
    if (!copied_files_.contains(number) && name.ends_with(".csv")) {
      sink_.convert(kFileNotRead, {number, 1, 0});
    }
  }
}

}  // namespace manifolddb::migrate
