// Which files an export to CSV has, and their columns: found in a first pass over the records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/record.h"
#include "manifolddb/value.h"
#include "migrate/csv_text.h"

namespace manifolddb::migrate {

// One file: records of one kind and group whose properties fit its columns.
struct CsvTable {
  RecordKind kind{};
  std::string group;
  bool is_untyped = false;                              // every column is text
  std::map<std::string, CsvType, std::less<>> columns;  // in the order in which they are written
};

// Not thread-safe.
class CsvTables {
 public:
  // A record whose properties fit no table of its group, since a column has another type, begins a
  // new one; beyond kTablesMax those of a kind share one without types.
  static constexpr std::size_t kTablesMax = 256;
  static constexpr std::size_t kColumnsMax = 100'000;  // of all tables; more is Error{failed}

  // Without types there is one table for each kind.
  CsvTables(CsvForms forms, bool is_typed) : forms_(forms), is_typed_(is_typed) {}

  // First pass: makes sure that there is a table for it.
  void add(RecordKind kind, std::string_view group, const Properties& properties);
  // Second pass: the number of its table, the same at each run.
  std::size_t find(RecordKind kind, std::string_view group, const Properties& properties) const;

  const std::vector<CsvTable>& tables() const { return tables_; }

 private:
  using Groups =
      std::map<std::pair<RecordKind, std::string>, std::vector<std::size_t>, std::less<>>;
  bool fits(const CsvTable& table, const Properties& properties, bool may_add) const;
  void add_columns(CsvTable& table, const Properties& properties);
  std::size_t add_table(RecordKind kind, std::string_view group);

  CsvForms forms_;
  bool is_typed_;
  std::vector<CsvTable> tables_;
  Groups groups_;
  std::map<RecordKind, std::size_t> untyped_;  // the shared ones
  std::size_t column_count_ = 0;
};

}  // namespace manifolddb::migrate
