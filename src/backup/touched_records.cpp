// A value in the sorter: varint sequence, 1 byte of flags; then, in range: field before, field
// after; later: digest (16 bytes), varint source, varint target.
#include "backup/touched_records.h"

#include "common/hash.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr unsigned kInRange = 1;
constexpr unsigned kHasBefore = 2;
constexpr unsigned kHasAfter = 4;

void begin_value(std::uint64_t sequence, unsigned flags, std::string& out) {
  out.clear();
  append_varint(out, sequence);
  out.push_back(static_cast<char>(flags));
}

unsigned flags_of(const LoggedRecordChange& change) {
  return (change.has_before ? kHasBefore : 0) | (change.has_after ? kHasAfter : 0);
}

// It was written by this process: only a scratch file that was altered can be wrong.
void require_unaltered(bool holds) {
  if (holds) return;
  throw Error(ErrorCode::failed, "a scratch file was altered", "nothing was written", "try again");
}

}  // namespace

void TouchedRecords::add_in_range(std::uint64_t sequence, const LoggedRecordChange& change) {
  begin_value(sequence, kInRange | flags_of(change), value_);
  append_bytes(value_, change.has_before ? change.before : std::string_view());
  append_bytes(value_, change.has_after ? change.after : std::string_view());
  sorter_.add(change.kind, change.key, value_);
}

void TouchedRecords::add_later(std::uint64_t sequence, const LoggedRecordChange& change) {
  begin_value(sequence, flags_of(change), value_);
  ContentDigest hash;
  EdgeHead ends;
  if (change.has_after) {
    hash = record_hash({change.kind, change.key, change.after}, scratch_);
    if (change.kind == RecordKind::edge) ends = decode_edge_head(change.after);
  }
  append_be64(value_, hash.high);
  append_be64(value_, hash.low);
  append_varint(value_, ends.source);
  append_varint(value_, ends.target);
  sorter_.add(change.kind, change.key, value_);
}

bool TouchedRecords::Cursor::next(TouchedRecord& record) {
  if (!values_.valid()) return false;
  record.kind = values_.get().kind;
  record.key.assign(values_.get().key);
  record.in_range = record.had_before = record.had_after = false;
  record.before.clear();
  record.after.clear();
  record.later.reset();
  do {
    take(values_.get().value, record);
    values_.next();
  } while (values_.valid() && values_.get().kind == record.kind && values_.get().key == record.key);
  return true;
}

// Values of one record come in no particular order.
void TouchedRecords::Cursor::take(std::string_view value, TouchedRecord& record) {
  std::size_t pos = 0;
  std::uint64_t sequence = 0;
  require_unaltered(read_varint(value, pos, sequence) && pos < value.size());
  const auto flags = static_cast<unsigned>(value[pos++]);
  const bool has_after = (flags & kHasAfter) != 0;
  if ((flags & kInRange) == 0) {
    if (record.later && record.later->sequence > sequence) return;
    require_unaltered(value.size() - pos >= 16);
    LaterChange later{sequence, has_after, {}, 0, 0};
    later.hash = {read_be64(value.data() + pos), read_be64(value.data() + pos + 8)};
    pos += 16;
    require_unaltered(read_varint(value, pos, later.source) &&
                      read_varint(value, pos, later.target));
    record.later = later;
    return;
  }
  std::string_view before;
  std::string_view after;
  require_unaltered(read_bytes(value, pos, before) && read_bytes(value, pos, after));
  const bool first = !record.in_range;
  record.in_range = true;
  if (first || sequence < first_) {
    first_ = sequence;
    record.had_before = (flags & kHasBefore) != 0;
    record.before.assign(before);
  }
  if (first || sequence > last_) {
    last_ = sequence;
    record.had_after = has_after;
    record.after.assign(after);
  }
}

}  // namespace manifolddb::backup
