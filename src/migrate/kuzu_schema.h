// What is in a folder that Kuzu's EXPORT DATABASE wrote: tables and their files, from schema.cypher
// and copy.cypher.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "migrate/graph_sink.h"
#include "migrate/input_files.h"
#include "migrate/kuzu_type.h"

namespace manifolddb::migrate {

struct KuzuColumn {
  std::string name;
  KuzuType type;
};

struct KuzuTable {
  std::string name;
  bool is_edges = false;
  std::vector<KuzuColumn> columns;
  std::map<std::string, std::size_t, std::less<>> column_numbers;  // by name
  std::size_t key = 0;                                    // nodes: the column of the primary key
  std::vector<std::pair<std::string, std::string>> ends;  // edges: tables, from and to
};

// One statement of copy.cypher: a file, and how it is written.
struct KuzuCopy {
  Place place;
  const KuzuTable* table = nullptr;
  std::string from, to;              // edges
  std::vector<std::size_t> columns;  // of the table, in the order of the file
  std::uint32_t file = 0;            // InputFiles::name()
  bool has_header = false;
  char delimiter = ',', quote = '"', escape = '"';
};

// Not thread-safe.
class KuzuSchema {
 public:
  static constexpr std::size_t kTablesMax = 10'000;
  // Of all tables: columns, with the parts of their types, and pairs of tables that edges join.
  static constexpr std::size_t kPartsMax = 100'000;

  // `group`: the files of the folder. Tells the sink what of the schema is not kept. Throws
  // Error{damaged} with the place for what cannot be read, for files that are not there, and where
  // the statements do not fit one another.
  KuzuSchema(InputFiles& files, const InputFiles::Group& group, GraphSink& sink);

  // Those of nodes first, in the order of copy.cypher.
  const std::vector<KuzuCopy>& copies() const { return copies_; }

 private:
  using Ends = std::pair<std::string, std::string>;  // tables, from and to; nodes: none
  std::optional<std::uint32_t> find_file(std::string_view name) const;
  template <typename Take>
  void for_each_statement(std::uint32_t file, const Take& take);
  [[noreturn]] void fail(const Place& place, const std::string& what,
                         const std::string& next = {}) const;
  void take_parts(std::size_t count);

  void take_schema();
  void take_table();
  void take_table_element(KuzuTable& table, std::string& key);
  void take_column(KuzuTable& table);
  void check_table(KuzuTable& table, const std::string& key);
  void take_copy();
  void take_copy_columns(KuzuCopy& copy);
  void take_copy_options(KuzuCopy& copy);
  void take_copy_option(std::string_view name, KuzuCopy& copy);
  std::uint32_t take_copy_file();
  void take_index();
  void check_written_as_we_read(const KuzuCopy& copy) const;
  void check_ends(KuzuCopy& copy) const;
  void add_copy(KuzuCopy copy);
  void check_all_is_there() const;
  const KuzuTable* find_table(std::string_view name) const;

  InputFiles& files_;
  GraphSink& sink_;
  std::map<std::string_view, std::uint32_t> numbers_;  // of files, by their names in the folder
  CypherCursor cursor_;
  Place place_;
  std::uint32_t copy_file_ = 0;
  std::vector<KuzuTable> tables_;  // all before the first copy, which refers to them
  std::map<std::string, std::size_t, std::less<>> table_numbers_;
  std::set<std::size_t> copied_columns_;  // of the statement that is being read
  std::size_t part_count_ = 0;
  std::vector<KuzuCopy> copies_;
  std::map<const KuzuTable*, std::set<Ends>> copied_;
  std::set<std::uint32_t> copied_files_;
};

}  // namespace manifolddb::migrate
