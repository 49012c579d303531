// Sorts values by the kind and key of the record that they belong to, any number of them in bounded
// memory: what incrementals and chains have in common.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/record.h"
#include "database/external_sorter.h"

namespace manifolddb::backup {

// One value of a record. Views live until next() of the cursor that gave it.
struct SortedValue {
  RecordKind kind{};
  std::string_view key;
  std::string_view value;
};

// One thread adds; then any number of cursors read.
class RecordSorter {
 public:
  static constexpr std::size_t kMemoryMin = 4u << 20;

  // `directory` must exist, for scratch files; empty: everything stays in memory.
  RecordSorter(const std::filesystem::path& directory, std::size_t memory_limit_bytes);

  void add(RecordKind kind, std::string_view key, std::string_view value);
  void finish();  // after the last add

  // Ascending by (kind, key); values of one key follow one another in no particular order.
  class Cursor {
   public:
    bool valid() const { return merge_.valid(); }
    const SortedValue& get() const { return value_; }
    void next();

   private:
    friend class RecordSorter;
    explicit Cursor(RunMerge merge) : merge_(std::move(merge)) { read(); }
    void read();
    RunMerge merge_;
    SortedValue value_;
  };
  Cursor cursor() const { return Cursor(sorter_.merge({}, {})); }

 private:
  SortSpace space_;
  ExternalSorter sorter_;
  SortScratch scratch_;
  ExternalSorter::Input input_;
  std::size_t memory_limit_bytes_;
  std::string key_;
};

}  // namespace manifolddb::backup
