#include "database/log_data.h"

#include <utility>

#include "database/key_codec.h"
#include "manifolddb/error.h"

namespace manifolddb {

LogDataReader::LogDataReader(std::string_view blob, std::string place)
    : blob_(blob), place_(std::move(place)) {
  if (blob_.empty()) fail("log data without a version");
  const char version = blob_[pos_++];
  if (version > kLogDataVersion) {
    throw Error(ErrorCode::newer_format,
                place_ + ": log data of version " + std::to_string(version) +
                    ", this program knows up to " + std::to_string(kLogDataVersion),
                "nothing was changed", "use a newer version of ManifoldDB");
  }
  if (version != kLogDataVersion) fail("log data of version " + std::to_string(version));
  commit_.sequence_number.value = number();
  commit_.committed_at_us = unzigzag(number());
  if (blob_.size() - pos_ < 16) fail("log data that are cut short");
  commit_.content_digest = {read_be64(blob_.data() + pos_), read_be64(blob_.data() + pos_ + 8)};
  pos_ += 16;
}

void LogDataReader::fail(const std::string& why) const {
  const std::string transaction =
      commit_.sequence_number.value == 0
          ? std::string()
          : "transaction " + std::to_string(commit_.sequence_number.value) + ": ";
  throw Error(ErrorCode::damaged, place_ + ": " + transaction + why,
              "nothing was changed; transactions before this one can be read",
              "take a backup of the database now: it does not need the log");
}

std::uint64_t LogDataReader::number() {
  std::uint64_t value = 0;
  if (!read_varint(blob_, pos_, value)) fail("log data that are cut short");
  return value;
}

bool LogDataReader::next(RecordChange& change) {
  if (pos_ == blob_.size()) return false;
  change = {};
  change.kind = static_cast<RecordKind>(blob_[pos_++]);
  if (change.kind != RecordKind::key_value && change.kind != RecordKind::entity &&
      change.kind != RecordKind::edge) {
    fail("log data with a record of kind " + std::to_string(static_cast<int>(change.kind)));
  }
  if (!read_bytes(blob_, pos_, change.key) || pos_ == blob_.size()) {
    fail("log data that are cut short");
  }
  if (change.kind != RecordKind::key_value && change.key.size() != 8) {
    fail("log data with an id of " + std::to_string(change.key.size()) + " bytes instead of 8");
  }
  if (change.kind < last_kind_ || (change.kind == last_kind_ && change.key <= last_key_)) {
    fail("log data that do not ascend at " + describe_record(change.kind, change.key));
  }
  last_kind_ = change.kind;
  last_key_ = change.key;
  const auto flag = static_cast<std::uint8_t>(blob_[pos_++]);
  if (flag > 1) fail("log data with a flag that is neither 0 nor 1");
  change.has_old = flag == 1;
  if (!change.has_old) return true;
  change.old_stamp = number();
  if (!read_bytes(blob_, pos_, change.old_body)) fail("log data that are cut short");
  return true;
}

}  // namespace manifolddb
