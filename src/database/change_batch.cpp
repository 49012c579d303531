#include "database/bulk_loader.h"

namespace manifolddb {

void ChangeBatch::add(const RecordChange& change) {
  entries_.push_back({.offset = arena_.size(),
                      .key_bytes = static_cast<std::uint32_t>(change.key.size()),
                      .old_bytes = static_cast<std::uint32_t>(change.old_body.size()),
                      .new_bytes = static_cast<std::uint32_t>(change.new_body.size()),
                      .old_stamp = change.old_stamp,
                      .old_tombstone = change.old_tombstone,
                      .hash = {},
                      .kind = change.kind,
                      .has_old = change.has_old,
                      .has_new = change.has_new,
                      .has_hash = false});
  arena_.append(change.key).append(change.old_body).append(change.new_body);
}

void ChangeBatch::add_new(const RecordView& record, ContentDigest hash) {
  entries_.push_back({.offset = arena_.size(),
                      .key_bytes = static_cast<std::uint32_t>(record.key.size()),
                      .old_bytes = 0,
                      .new_bytes = static_cast<std::uint32_t>(record.body.size()),
                      .old_stamp = 0,
                      .old_tombstone = 0,
                      .hash = hash,
                      .kind = record.kind,
                      .has_old = false,
                      .has_new = true,
                      .has_hash = true});
  arena_.append(record.key).append(record.body);
}

RecordChange ChangeBatch::change(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view arena = arena_;
  const std::size_t old_offset = entry.offset + entry.key_bytes;
  return {.kind = entry.kind,
          .key = arena.substr(entry.offset, entry.key_bytes),
          .has_old = entry.has_old,
          .old_stamp = entry.old_stamp,
          .old_body = arena.substr(old_offset, entry.old_bytes),
          .has_new = entry.has_new,
          .new_body = arena.substr(old_offset + entry.old_bytes, entry.new_bytes),
          .old_tombstone = entry.old_tombstone};
}

const ContentDigest* ChangeBatch::new_hash(std::size_t index) const {
  return entries_[index].has_hash ? &entries_[index].hash : nullptr;
}

}  // namespace manifolddb
