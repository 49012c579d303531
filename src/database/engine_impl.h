// The engine's insides, shared by engine.cpp and engine_tables.cpp only: the files that know
// RocksDB.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "database/engine.h"
#include "database/engine_files.h"

namespace manifolddb {

struct Engine::Impl {
  EngineOptions options;
  std::filesystem::path scratch;
  std::shared_ptr<EngineFiles> files;       // on disk only
  std::shared_ptr<rocksdb::Env> owned_env;  // shared with scratch engines
  rocksdb::Env* env = nullptr;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> handles{};

  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles[static_cast<std::size_t>(family)];
  }
  void open();  // the database of `options`
  rocksdb::Status open_and_create(const rocksdb::Options& base, const std::string& folder,
                                  const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                                  std::vector<rocksdb::ColumnFamilyHandle*>& opened_handles);
  void close();
  std::uint64_t sum_of_families(const std::string& property) const;  // of the engine's, by its name
};

inline rocksdb::Slice to_slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view to_view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// Throws the Error that the status stands for; `doing` completes "cannot ...".
[[noreturn]] void throw_status(const rocksdb::Status& status, const std::string& doing);
inline void check_status(const rocksdb::Status& status, const char* doing) {
  if (!status.ok()) throw_status(status, doing);
}

rocksdb::Options make_engine_options(const EngineOptions& options, rocksdb::Env* env);
rocksdb::ColumnFamilyOptions make_family_options(const rocksdb::Options& base, Family family);

}  // namespace manifolddb
