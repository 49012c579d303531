#include "backup/record_sorter.h"

#include <algorithm>

namespace manifolddb::backup {

namespace {

constexpr std::size_t kChunkBytesMin = 64u << 10;
constexpr std::size_t kChunkBytesMax = 1u << 20;
constexpr std::size_t kSortedBlockBytes = 64u << 10;

}  // namespace

RecordSorter::RecordSorter(const std::filesystem::path& directory, std::size_t memory_limit_bytes)
    : space_(directory, std::clamp(memory_limit_bytes / 64, kChunkBytesMin, kChunkBytesMax),
             kSortedBlockBytes),
      sorter_(space_, "records"),
      scratch_(space_.ledger),
      input_(sorter_, scratch_),
      memory_limit_bytes_(std::max(memory_limit_bytes, kMemoryMin)) {}

void RecordSorter::add(RecordKind kind, std::string_view key, std::string_view value) {
  key_.assign(1, static_cast<char>(kind)).append(key);
  input_.put(key_, value);
  // The sort of what is collected takes two arrays of entries more.
  if (input_.chunk_bytes() + 2 * input_.entry_bytes() > memory_limit_bytes_) input_.spill();
}

void RecordSorter::finish() {
  input_.finish();
  scratch_.drop_first();
  sorter_.reduce_runs(memory_limit_bytes_ / 2, [] {});
}

void RecordSorter::Cursor::next() {
  merge_.next();
  read();
}

void RecordSorter::Cursor::read() {
  if (!merge_.valid()) return;
  const SortRecord& record = merge_.record();
  value_ = {static_cast<RecordKind>(record.key[0]), record.key.substr(1), record.value};
}

}  // namespace manifolddb::backup
