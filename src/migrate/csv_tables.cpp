#include "migrate/csv_tables.h"

#include <utility>

#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

bool fits_column(const CsvType& column, const CsvForm& form) {
  // An empty byte[] is bytes, no list.
  if (form.is_empty_list) return column.is_list && column.kind != CsvType::Kind::int8;
  return column == form.type;
}

}  // namespace

bool CsvTables::fits(const CsvTable& table, const Properties& properties, bool may_add) const {
  for (const auto& [name, value] : properties) {
    if (value.is_null()) continue;
    const auto column = table.columns.find(name);
    if (column == table.columns.end()) {
      if (!may_add) return false;
    } else if (!table.is_untyped && !fits_column(column->second, csv_form_of(value, forms_))) {
      return false;
    }
  }
  return true;
}

void CsvTables::add_columns(CsvTable& table, const Properties& properties) {
  for (const auto& [name, value] : properties) {
    if (value.is_null() || table.columns.contains(name)) continue;
    if (++column_count_ > kColumnsMax) {
      throw Error(ErrorCode::failed,
                  "the graph has more than " + std::to_string(kColumnsMax) +
                      " different properties: tables cannot hold it",
                  "nothing was written", "a backup can: manifold backup DB --full -o FILE");
    }
    table.columns.emplace(name, table.is_untyped ? CsvType{} : csv_form_of(value, forms_).type);
  }
}

std::size_t CsvTables::add_table(RecordKind kind, std::string_view group) {
  CsvTable table;
  table.kind = kind;
  table.group = group;
  tables_.push_back(std::move(table));
  return tables_.size() - 1;
}

void CsvTables::add(RecordKind kind, std::string_view group, const Properties& properties) {
  if (is_typed_) {
    std::vector<std::size_t>& of_group = groups_[{kind, std::string(group)}];
    for (const std::size_t number : of_group) {
      if (!fits(tables_[number], properties, true)) continue;
      return add_columns(tables_[number], properties);
    }
    if (tables_.size() < kTablesMax) {
      of_group.push_back(add_table(kind, group));
      return add_columns(tables_.back(), properties);
    }
    if (of_group.empty()) groups_.erase({kind, std::string(group)});
  }
  const auto [shared, is_new] = untyped_.try_emplace(kind, tables_.size());
  if (is_new) tables_[add_table(kind, {})].is_untyped = true;
  add_columns(tables_[shared->second], properties);
}

std::size_t CsvTables::find(RecordKind kind, std::string_view group,
                            const Properties& properties) const {
  if (const auto of_group = groups_.find(std::pair(kind, std::string(group)));
      of_group != groups_.end()) {
    for (const std::size_t number : of_group->second) {
      if (fits(tables_[number], properties, false)) return number;
    }
  }
  return untyped_.at(kind);
}

}  // namespace manifolddb::migrate
