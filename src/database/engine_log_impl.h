// What the files of the log's reader share: names and the engine's log format. The format is
// RocksDB's (db/log_format.h; wiki, "Write Ahead Log File Format"): never ours to change.
#pragma once

#include <rocksdb/env.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "database/engine_log_files.h"

namespace manifolddb {

inline constexpr const char* kLogArchiveName = "archive";

// "000017.log".
std::string log_file_name(std::uint64_t number);
bool parse_log_file_name(std::string_view name, std::uint64_t& number);
// Ascending by number, each once.
void sort_details(std::vector<LogFileInfo>& files);

// The same for an engine in memory; `env` must outlive it and its files.
std::unique_ptr<LogFolder> open_memory_log_folder(rocksdb::Env& env, std::string engine_folder);

// A file is blocks of 32 KiB, a block is fragments: masked CRC-32C (4 bytes, little-endian) of all
// that follows it, length of the payload (2), type (1), in the recyclable form the file's number
// (4), payload. A batch is one full fragment, or a first, some middle and a last one. Where fewer
// bytes than a header are left in a block, they are zero.
inline constexpr std::size_t kLogBlockBytes = 32u << 10;
inline constexpr std::size_t kLogHeaderBytes = 7;
inline constexpr std::size_t kLogRecyclableHeaderBytes = 11;
enum class LogFragment : std::uint8_t { zero = 0, full = 1, first = 2, middle = 3, last = 4 };
inline constexpr std::uint8_t kLogRecyclableOffset = 4;  // recyclable types are these, 4 higher
inline constexpr std::uint32_t kLogCrcMaskDelta = 0xa282ead8u;

// A batch: sequence number of its first operation (8 bytes), number of operations (4), operations.
inline constexpr std::size_t kBatchHeaderBytes = 12;

}  // namespace manifolddb
