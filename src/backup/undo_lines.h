// The lines of an undo while it is not yet known whether there will be one, in the order in which
// `apply` needs them.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/record.h"
#include "io/byte_stream.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

// Records come in the order of a backup. What is over kPartBytes of a part goes to a scratch file.
// Not thread-safe.
class UndoLines {
 public:
  static constexpr std::size_t kPartBytes = 1u << 20;

  explicit UndoLines(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void put(const RecordView& record);
  void remove(RecordKind kind, std::string_view key);

  // Once, behind the last record. `level`: of zstd; none: as they are.
  void write_to(ByteSink& sink, std::optional<int> level);

 private:
  // Edges go before the entities that would take them along (`apply` then deletes what is there),
  // and come back when their ends are there and nothing is deleted any more.
  enum Part : std::size_t { metadata_and_edge_deletions, entities, edge_puts, part_count };

  struct PartLines {
    std::string bytes;  // behind those in the file
    std::optional<FileSink> file;
  };

  PartLines& part_of(RecordKind kind, bool is_put);
  std::filesystem::path file_of(std::size_t part) const;
  void spill_if_large(PartLines& part);

  std::filesystem::path directory_;
  std::array<PartLines, part_count> parts_;
};

}  // namespace manifolddb::backup
