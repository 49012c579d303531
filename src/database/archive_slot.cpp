#include "database/archive_slot.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include "common/body_reader.h"
#include "common/file_system.h"
#include "common/hash.h"
#include "common/text.h"
#include "common/varint.h"

namespace manifolddb {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSlotsName = "slots";
constexpr const char* kWantedName = "wanted";
constexpr std::uint64_t kSlotVersion = 1;
constexpr std::size_t kSlotBytesMax = 64u << 10;
constexpr std::size_t kFailureBytesMax = 4u << 10;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kWantedBytesMax = 32;
constexpr std::size_t kSlotNameBytes = 16;

bool is_slot_name(const std::string& name) {
  return name.size() == kSlotNameBytes &&
         name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Nothing when it is not there, cannot be read or is larger than such a file ever is.
std::optional<std::string> read_small_file(const fs::path& path, std::size_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(bytes_max + 1, '\0');
  if (!in) return std::nullopt;
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || bytes.size() > bytes_max) return std::nullopt;
  return bytes;
}

void write_small_file(const fs::path& path, std::string_view bytes) {
  const FileDescriptor fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t put = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw_file_error(errno, "write", path);
    done += static_cast<std::size_t>(put);
  }
}

fs::path make_slots_folder(const fs::path& database) {
  const fs::path folder = database / kSlotsName;
  with_file_errors("create", [&] { return fs::create_directory(folder); });
  return folder;
}

}  // namespace

std::string slot_name(const fs::path& repository) {
  const std::string path = with_file_errors(
      "find", [&] { return fs::absolute(repository).lexically_normal().string(); });
  const std::string_view trimmed = path.size() > 1 && path.back() == '/'
                                       ? std::string_view(path).substr(0, path.size() - 1)
                                       : std::string_view(path);
  std::string name;
  for (int shift = 60; shift >= 0; shift -= 4) {
    name.push_back("0123456789abcdef"[(xxh3_64(trimmed) >> shift) & 15]);
  }
  return name;
}

std::string encode_slot(const ArchiveSlot& slot) {
  const ArchiveStatus& status = slot.status;
  std::string out;
  append_varint(out, kSlotVersion);
  append_bytes(out, status.repository.string());
  append_bytes(out, {reinterpret_cast<const char*>(status.history_id.bytes.data()),
                     status.history_id.bytes.size()});
  append_varint(out, status.sequence_number.value);
  append_varint(out, zigzag(status.committed_at_us));
  append_varint(out, zigzag(status.complete_until_us));
  append_varint(out, status.seen_sequence_number.value);
  append_varint(out, status.log_bytes_behind);
  append_varint(out, zigzag(status.updated_at_us));
  append_bytes(out, std::string_view(status.failure).substr(0, kFailureBytesMax));
  const bool has_gap = status.gap_first && status.gap_last;
  append_varint(out, has_gap ? 1 : 0);
  if (has_gap) {
    append_varint(out, status.gap_first->value);
    append_varint(out, status.gap_last->value);
  }
  append_varint(out, slot.log_file_number);
  append_be64(out, xxh3_64(out));
  return out;
}

std::optional<ArchiveSlot> decode_slot(std::string_view bytes) {
  if (bytes.size() < kChecksumBytes) return std::nullopt;
  const std::string_view payload = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (read_be64(bytes.data() + payload.size()) != xxh3_64(payload)) return std::nullopt;
  try {
    BodyReader in(payload);
    if (in.varint() != kSlotVersion) return std::nullopt;
    ArchiveSlot slot;
    slot.status.repository = fs::path(std::string(in.bytes()));
    const std::string_view history = in.bytes();
    if (history.size() != slot.status.history_id.bytes.size()) return std::nullopt;
    std::copy(history.begin(), history.end(), slot.status.history_id.bytes.begin());
    slot.status.sequence_number.value = in.varint();
    slot.status.committed_at_us = in.signed_varint();
    slot.status.complete_until_us = in.signed_varint();
    slot.status.seen_sequence_number.value = in.varint();
    slot.status.log_bytes_behind = in.varint();
    slot.status.updated_at_us = in.signed_varint();
    slot.status.failure = in.bytes();
    if (in.varint() != 0) {
      slot.status.gap_first = SequenceNumber{in.varint()};
      slot.status.gap_last = SequenceNumber{in.varint()};
    }
    slot.log_file_number = in.varint();
    in.expect_end();
    return slot;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_slot(const fs::path& database, const ArchiveSlot& slot) {
  const fs::path path = make_slots_folder(database) / slot_name(slot.status.repository);
  const fs::path unfinished = path.string() + ".tmp";  // one archiver writes it: no name of its own
  const bool is_new = !name_exists(path);
  write_small_file(unfinished, encode_slot(slot));
  if (is_new) {
    const FileDescriptor fd = open_file(unfinished, O_RDONLY);
    sync_file(fd.get(), unfinished);
  }
  with_file_errors("rename", [&] { fs::rename(unfinished, path); });
  if (!is_new) return;
  sync_directory(path.parent_path());
  sync_directory(database);
}

void require_slots_for(const fs::path& database, const std::vector<fs::path>& repositories) {
  std::set<std::string> names;
  for (const FoundSlot& found : read_slots(database)) names.insert(found.name);
  for (const fs::path& repository : repositories) names.insert(slot_name(repository));
  if (names.size() <= kSlotsMax) return;
  throw Error(ErrorCode::failed,
              format("{} would be archived to {} repositories, and keeps its log for {} at most",
                     database.string(), names.size(), kSlotsMax),
              "nothing was archived",
              "manifold stats " + database.string() +
                  "    shows them; manifold archive DB -r REPO --forget    drops one");
}

bool remove_slot(const fs::path& database, const fs::path& repository) {
  const fs::path path = database / kSlotsName / slot_name(repository);
  bool was_there = false;
  with_file_errors("remove", [&] { return was_there = fs::remove(path); });
  std::error_code ignored;
  fs::remove(path.string() + ".tmp", ignored);
  return was_there;
}

std::vector<FoundSlot> read_slots(const fs::path& database) {
  std::vector<FoundSlot> slots;
  std::error_code error;
  fs::directory_iterator it(database / kSlotsName, error);
  for (; !error && it != fs::directory_iterator() && slots.size() < kSlotsMax;
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (!is_slot_name(name)) continue;
    FoundSlot found{.name = name, .slot = std::nullopt};
    if (const auto bytes = read_small_file(it->path(), kSlotBytesMax)) {
      found.slot = decode_slot(*bytes);
    }
    slots.push_back(std::move(found));
  }
  std::sort(slots.begin(), slots.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return slots;
}

void ask_for_archiving(const fs::path& database, SequenceNumber sequence) {
  write_small_file(make_slots_folder(database) / kWantedName, std::to_string(sequence.value));
}

SequenceNumber asked_for_archiving(const fs::path& database) {
  SequenceNumber sequence;
  const auto text = read_small_file(database / kSlotsName / kWantedName, kWantedBytesMax);
  if (!text || !parse_unsigned(*text, sequence.value)) return {};
  return sequence;
}

void forget_asking_for_archiving(const fs::path& database) {
  std::error_code ignored;
  fs::remove(database / kSlotsName / kWantedName, ignored);
}

}  // namespace manifolddb
