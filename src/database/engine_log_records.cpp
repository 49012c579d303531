// What an end is, and what damage is, follows RocksDB's own recovery with
// kTolerateCorruptedTailRecords (db/log_reader.cc), but for two things: zeros with records behind
// them are damage here (recovery passes over them, and with them over what was committed), and in
// a file that is still written to nothing at its very end is.
#include "database/engine_log_records.h"

#include <algorithm>
#include <cstring>

#include "common/crc32c.h"
#include "database/engine_log_impl.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

std::uint32_t read_le32(const char* in) {
  std::uint32_t value = 0;
  std::memcpy(&value, in, 4);
  return value;
}

// The engine masks the sums that it stores, so that a sum over bytes that hold sums is a good one.
std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + kLogCrcMaskDelta;
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

std::uint64_t block_end(std::uint64_t offset) {
  return offset - offset % kLogBlockBytes + kLogBlockBytes;
}

}  // namespace

EngineLogRecords::EngineLogRecords(std::unique_ptr<LogFile> file, std::uint64_t number)
    : file_(std::move(file)), number_(number), buffer_(kReadBytes) {}

void EngineLogRecords::throw_damaged(std::uint64_t offset, const std::string& why) const {
  throw Error(ErrorCode::damaged, file_->name() + ": byte " + std::to_string(offset) + ": " + why,
              "nothing was changed; transactions before this place can be read",
              "take a backup of the database now: it does not need the log");
}

void EngineLogRecords::refuse_batch(const std::string& why) {
  offset_ = batch_offset_;
  throw_damaged(batch_offset_, why);
}

void EngineLogRecords::reload(std::uint64_t offset) {
  buffer_offset_ = offset;
  buffer_bytes_ = file_->read(offset, buffer_.data(), buffer_.size());
  fresh_ = true;
}

// Up to `size` bytes from `offset` on, fewer only at the file's end.
std::string_view EngineLogRecords::look(std::uint64_t offset, std::size_t size) {
  if (offset < buffer_offset_ || offset + size > buffer_offset_ + buffer_bytes_) reload(offset);
  const std::size_t skipped = static_cast<std::size_t>(offset - buffer_offset_);
  return std::string_view(buffer_.data(), buffer_bytes_).substr(skipped, size);
}

bool EngineLogRecords::is_zero_to_the_end(std::uint64_t at) const {
  std::vector<char> bytes(kLogBlockBytes);
  for (;;) {
    const std::size_t got = file_->read(at, bytes.data(), bytes.size());
    if (!is_zero({bytes.data(), got})) return false;
    if (got < bytes.size()) return true;
    at += got;
  }
}

// What is not a fragment, or not a good one, and ends at `end`: in an open file it may be one that
// is just being written, as long as nothing, or space that was set aside, stands behind it.
EngineLogRecords::Found EngineLogRecords::doubt(std::uint64_t at, std::uint64_t end,
                                                LogEnding ending, const char* why) const {
  if (ending == LogEnding::open && is_zero_to_the_end(end)) return Found::end;
  throw_damaged(at, why);
}

EngineLogRecords::Found EngineLogRecords::read_fragment(std::uint64_t at, LogEnding ending,
                                                        Fragment& out) {
  const auto left = static_cast<std::size_t>(block_end(at) - at);
  if (left < kLogHeaderBytes) return Found::padding;
  const std::string_view bytes = look(at, left);
  if (bytes.size() < kLogHeaderBytes) return Found::end;
  if (is_zero(bytes.substr(0, kLogHeaderBytes))) {
    if (left < kLogRecyclableHeaderBytes) return Found::padding;
    // Space that was set aside, and never written to when the power went.
    if (ending == LogEnding::open || is_zero_to_the_end(at)) return Found::end;
    throw_damaged(at, "zeros where a record should be, and records behind them");
  }
  const std::size_t length = static_cast<std::uint8_t>(bytes[4]) |
                             static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[5])) << 8;
  std::uint8_t type = static_cast<std::uint8_t>(bytes[6]);
  const bool recyclable = type > kLogRecyclableOffset && type <= 2 * kLogRecyclableOffset;
  const std::size_t header = recyclable ? kLogRecyclableHeaderBytes : kLogHeaderBytes;
  if (recyclable) type = static_cast<std::uint8_t>(type - kLogRecyclableOffset);
  if (type == 0 || type > static_cast<std::uint8_t>(LogFragment::last)) {
    return doubt(at, block_end(at), ending, "a record of a type that is none");
  }
  if (header + length > left) {
    return doubt(at, block_end(at), ending, "a record that is longer than its block");
  }
  if (header + length > bytes.size()) return Found::end;  // cut short
  if (masked(crc32c(bytes.substr(6, header - 6 + length))) != read_le32(bytes.data())) {
    return doubt(at, at + header + length, ending, "a record that does not match its checksum");
  }
  // What is left of the file that was used before under another number.
  if (recyclable && read_le32(bytes.data() + 7) != static_cast<std::uint32_t>(number_)) {
    return Found::end;
  }
  out = {type, bytes.substr(header, length), at + header + length};
  return Found::fragment;
}

bool EngineLogRecords::next(std::string& batch, LogEnding ending) {
  const auto type = [](LogFragment fragment) { return static_cast<std::uint8_t>(fragment); };
  // What the buffer has may be older than this call: at the end, and in doubt, it is read again.
  fresh_ = false;
  std::uint64_t at = offset_;
  std::uint64_t first = offset_;
  bool inside = false;
  batch.clear();
  for (;;) {
    Fragment fragment;
    Found found = Found::end;
    try {
      found = read_fragment(at, ending, fragment);
    } catch (const Error&) {
      if (fresh_) throw;
    }
    if (found == Found::padding) {
      at = block_end(at);
      continue;
    }
    if (found == Found::end) {
      if (fresh_) return false;
      reload(at);
      continue;
    }
    const bool begins =
        fragment.type == type(LogFragment::full) || fragment.type == type(LogFragment::first);
    if (begins == inside) {
      throw_damaged(at, inside ? "a record that begins inside another one"
                               : "a part of a record without its beginning");
    }
    if (begins) first = at;
    batch.append(fragment.payload);
    inside = true;
    at = fragment.end;
    if (fragment.type == type(LogFragment::first) || fragment.type == type(LogFragment::middle)) {
      continue;
    }
    if (batch.size() < kBatchHeaderBytes) throw_damaged(first, "a batch that is cut short");
    batch_offset_ = first;
    offset_ = at;
    return true;
  }
}

}  // namespace manifolddb
