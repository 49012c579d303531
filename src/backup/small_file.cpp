#include "backup/small_file.h"

#include <algorithm>
#include <utility>

#include "backup/record_codec.h"
#include "common/format.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr std::string_view kSmallHashMember = ",\"xxh3_128\":\"";
constexpr int kSmallFileDepthMax = 8;

}  // namespace

void append_small_format(std::string_view format_name, std::string& out) {
  append_quoted("{\"format\":", format_name, out);
  append_number(",\"version\":", kRepositoryVersion, out);
}

std::string with_small_hash(std::string body) {
  const std::string hash = xxh3_128(body).to_hex();
  return body.append(kSmallHashMember).append(hash).append("\"}\n");
}

SmallFile::SmallFile(std::string_view text, std::string_view format_name, std::string name)
    : document_(kSmallFileDepthMax), name_(std::move(name)), text_(text), size_(text.size()) {
  if (!text_.ends_with('\n')) refuse("it does not end with a line end");
  text_.resize(size_ - 1 + kLinePadding);
  if (!document_.parse(std::string_view(text_.data(), size_ - 1))) {
    refuse(std::string(document_.reason()));
  }
  check_format(format_name);
}

void SmallFile::refuse(const std::string& why) const {
  throw Error(ErrorCode::damaged, name_ + " is damaged: " + why, "nothing was changed");
}

// Before anything else is looked at: a later version may have members that this one does not know.
void SmallFile::check_format(std::string_view format_name) const {
  const JsonTape tape = document_.tape();
  if (tape.kind(JsonTape::kRoot) != JsonKind::object) refuse("it is no object");
  TapeError error;
  std::string_view found;
  std::uint64_t version = 0;
  for (std::size_t i = JsonTape::first(JsonTape::kRoot); i != tape.end(JsonTape::kRoot);
       i = tape.after(i + 1)) {
    const std::string_view key = tape.string(i);
    const bool good = key == "format"    ? read_string(tape, i + 1, key, found, error)
                      : key == "version" ? read_unsigned(tape, i + 1, key, version, error)
                                         : true;
    if (!good) refuse(error.what);
  }
  if (found != format_name) {
    refuse("its format is " + quote_text(found) + ", not " + quote_text(format_name));
  }
  if (version > kRepositoryVersion) {
    throw Error(ErrorCode::newer_format,
                format("{} has version {} of the repository format; this program knows versions up "
                       "to {}",
                       name_, version, kRepositoryVersion),
                "nothing was changed", "use a newer version of ManifoldDB");
  }
  if (version == 0) refuse("it has no version");
}

void SmallFile::require_same(const std::string& again) const {
  const std::string_view text = std::string_view(text_).substr(0, size_);
  if (text == again) return;
  const auto hash_in = [](std::string_view all) {
    return all.substr(std::min(all.rfind(kSmallHashMember), all.size()));
  };
  refuse(hash_in(text) == hash_in(again) ? "it is not written as such files are"
                                         : "what it says does not have the hash that it states");
}

void append_parent_point(const std::optional<Uuid>& history,
                         const std::optional<SequenceNumber>& sequence, std::string& out) {
  if (!history || !sequence) return;
  append_uuid(",\"parent_history_id\":", *history, out);
  append_number(",\"parent_sequence_number\":", sequence->value, out);
}

bool read_parent_point(MemberReader& reader, const Member& history, const Member& sequence,
                       std::optional<Uuid>& history_out,
                       std::optional<SequenceNumber>& sequence_out) {
  history_out.reset();
  sequence_out.reset();
  if (history.at == 0 && sequence.at == 0) return true;
  if (history.at == 0 || sequence.at == 0) {
    return reader.fail(history.at == 0 ? sequence : history, "beside the other half of its point");
  }
  Uuid id;
  SequenceNumber number;
  if (!reader.uuid(history, id) || !reader.number(sequence, number.value)) return false;
  history_out = id;
  sequence_out = number;
  return true;
}

}  // namespace manifolddb::backup
