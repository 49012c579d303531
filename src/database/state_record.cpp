#include "database/state_record.h"

#include "common/hash.h"
#include "common/varint.h"

namespace manifolddb {

namespace {

constexpr std::size_t kChecksumBytes = 8;

void append_digest(std::string& out, const ContentDigest& digest) {
  append_be64(out, digest.high);
  append_be64(out, digest.low);
}

void append_uuid(std::string& out, const Uuid& uuid) {
  out.append(reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size());
}

void seal(std::string_view key, std::string& value) {
  append_be64(value, xxh3_64(std::string(key) + value));
}

// Reads fields one after the other; the first that does not fit makes the whole row damaged.
class FieldReader {
 public:
  FieldReader(std::string_view key, std::string_view value, std::string row)
      : row_(std::move(row)) {
    if (value.size() < kChecksumBytes) fail("is too short");
    payload_ = value.substr(0, value.size() - kChecksumBytes);
    const std::uint64_t stored = read_be64(value.data() + payload_.size());
    if (stored != xxh3_64(std::string(key).append(payload_))) fail("does not match its checksum");
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    if (!read_varint(payload_, pos_, value)) fail("is cut short");
    return value;
  }
  std::int64_t signed_number() { return unzigzag(number()); }
  bool flag() {
    const std::uint64_t value = number();
    if (value > 1) fail("has a flag that is neither 0 nor 1");
    return value == 1;
  }
  ContentDigest digest() {
    const std::string_view bytes = take(16);
    return {read_be64(bytes.data()), read_be64(bytes.data() + 8)};
  }
  Uuid uuid() {
    Uuid id;
    std::memcpy(id.bytes.data(), take(16).data(), 16);
    return id;
  }
  void end() const {
    if (pos_ != payload_.size()) fail("is too long");
  }
  [[noreturn]] void fail(const char* why) const {
    throw Error(ErrorCode::damaged, row_ + " " + why, "nothing was changed",
                "restore from a backup, or look at `manifold check`");
  }

 private:
  std::string_view take(std::size_t size) {
    if (payload_.size() - pos_ < size) fail("is cut short");
    pos_ += size;
    return payload_.substr(pos_ - size, size);
  }

  std::string row_;
  std::string_view payload_;
  std::size_t pos_ = 0;
};

}  // namespace

std::string encode_state(const StateRecord& state) {
  std::string out;
  append_varint(out, state.format_version);
  append_uuid(out, state.database_id);
  append_uuid(out, state.history_id);
  append_varint(out, state.parent_history_id ? 1 : 0);
  append_uuid(out, state.parent_history_id.value_or(Uuid{}));
  append_varint(out, state.parent_sequence);
  append_varint(out, state.horizon);
  append_digest(out, state.horizon_digest);
  append_varint(out, state.sequence);
  append_varint(out, zigzag(state.committed_at_us));
  append_digest(out, state.digest);
  append_varint(out, state.counts.entity_count);
  append_varint(out, state.counts.edge_count);
  append_varint(out, state.counts.metadata_count);
  append_varint(out, state.tombstone_count);
  append_varint(out, state.next_entity_id);
  append_varint(out, state.next_edge_id);
  seal(kStateKey, out);
  return out;
}

StateRecord decode_state(std::string_view value) {
  FieldReader in(kStateKey, value, "the database's state row");
  StateRecord state;
  state.format_version = in.number();
  if (state.format_version > kStorageFormatVersion) {
    throw Error(ErrorCode::newer_format,
                "the database has storage format " + std::to_string(state.format_version) +
                    ", this program knows up to " + std::to_string(kStorageFormatVersion),
                "nothing was changed", "use a newer version of ManifoldDB");
  }
  state.database_id = in.uuid();
  state.history_id = in.uuid();
  const bool has_parent = in.flag();
  const Uuid parent = in.uuid();
  if (has_parent) {
    state.parent_history_id = parent;
  } else if (parent != Uuid{}) {
    in.fail("names a parent history that it says it has not");
  }
  state.parent_sequence = in.number();
  state.horizon = in.number();
  state.horizon_digest = in.digest();
  state.sequence = in.number();
  state.committed_at_us = in.signed_number();
  state.digest = in.digest();
  state.counts.entity_count = in.number();
  state.counts.edge_count = in.number();
  state.counts.metadata_count = in.number();
  state.tombstone_count = in.number();
  state.next_entity_id = in.number();
  state.next_edge_id = in.number();
  in.end();
  return state;
}

std::string encode_commit(const CommitRecord& commit) {
  std::string out;
  append_varint(out, zigzag(commit.committed_at_us));
  append_digest(out, commit.content_digest);
  append_varint(out, commit.put_count);
  append_varint(out, commit.deleted_count);
  append_varint(out, commit.engine_sequence);
  append_varint(out, commit.bulk ? 1 : 0);
  std::string key;
  append_be64(key, commit.sequence_number.value);
  seal(key, out);
  return out;
}

CommitRecord decode_commit(std::string_view key, std::string_view value) {
  if (key.size() != 8) {
    throw Error(ErrorCode::damaged,
                "a commits row has a key of " + std::to_string(key.size()) + " bytes instead of 8");
  }
  CommitRecord commit;
  commit.sequence_number.value = read_be64(key.data());
  FieldReader in(key, value,
                 "the commits row of transaction " + std::to_string(commit.sequence_number.value));
  commit.committed_at_us = in.signed_number();
  commit.content_digest = in.digest();
  commit.put_count = in.number();
  commit.deleted_count = in.number();
  commit.engine_sequence = in.number();
  commit.bulk = in.flag();
  in.end();
  return commit;
}

std::string encode_counter(std::uint64_t count) {
  std::string out;
  append_be64(out, count);
  return out;
}

bool decode_counter(std::string_view value, std::uint64_t& count) {
  if (value.size() != 8) return false;
  count = read_be64(value.data());
  return true;
}

}  // namespace manifolddb
