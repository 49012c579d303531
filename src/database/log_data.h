// The before-images that every small commit leaves in the engine's log beside its batch (and
// nowhere else): what makes history readable and undoable. docs/storage_format.md has the bytes.
#pragma once

#include <string>
#include <string_view>

#include "common/varint.h"
#include "database/change_deriver.h"
#include "manifolddb/database.h"

namespace manifolddb {

inline constexpr char kLogDataVersion = 1;

// version, varint sequence, signed varint commit time, digest (16 bytes big-endian), then each
// change: kind, key (length-prefixed), 0 or 1 whether there was a record before, then varint stamp
// and body (length-prefixed).
inline void begin_log_data(const CommitRecord& commit, std::string& out) {
  out.push_back(kLogDataVersion);
  append_varint(out, commit.sequence_number.value);
  append_varint(out, zigzag(commit.committed_at_us));
  append_be64(out, commit.content_digest.high);
  append_be64(out, commit.content_digest.low);
}

inline void append_before_image(const RecordChange& change, std::string& out) {
  out.push_back(static_cast<char>(change.kind));
  append_bytes(out, change.key);
  out.push_back(change.has_old ? 1 : 0);
  if (!change.has_old) return;
  append_varint(out, change.old_stamp);
  append_bytes(out, change.old_body);
}

// Reads it again. Views live as long as the blob.
class LogDataReader {
 public:
  // Throws Error: damaged, newer_format, with `place` in front.
  LogDataReader(std::string_view blob, std::string place);

  // Sequence number, commit time and digest; the rest is that of an empty record.
  const CommitRecord& commit() const { return commit_; }

  // The next change's `kind`, `key` and old side; false behind the last. Throws Error{damaged} also
  // where they do not ascend by (kind, key).
  bool next(RecordChange& change);

  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::uint64_t number();

  std::string_view blob_;
  std::string place_;
  std::size_t pos_ = 0;
  CommitRecord commit_;
  RecordKind last_kind_{};
  std::string_view last_key_;
};

}  // namespace manifolddb
