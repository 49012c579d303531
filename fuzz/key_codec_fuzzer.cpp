// Invariant: keys of the families sort as what they stand for, and whatever bytes stand where a
// key, a stored record or a sealed row should, they are refused or are exactly what their parts are
// written as: no two rows mean the same. The first byte chooses what the others are taken for.
#include <optional>
#include <string>
#include <tuple>

#include "common/hash.h"
#include "database/key_codec.h"
#include "database/state_record.h"
#include "fuzz_target.h"
#include "manifolddb/error.h"

namespace {

using namespace manifolddb;
using fuzz::require;

void check_parsed_keys(std::string_view input) {
  std::string again;
  AdjacencyKey adjacency;
  if (parse_adjacency_key(input, adjacency)) {
    adjacency_key(adjacency.entity, adjacency.edge_type, adjacency.edge, again);
    require(again == input, "an adjacency key is what its parts are written as");
  }
  std::uint64_t other_end = 0;
  if (parse_adjacency_value(input, other_end)) {
    require(AdjacencyValue(other_end).bytes() == input, "an end is what it is written as");
  }
  std::string label;
  std::uint64_t entity = 0;
  if (parse_label_key(input, label, entity)) {
    label_key(label, entity, again);
    require(again == input, "a label key is what its parts are written as");
  }
  std::size_t pos = 0;
  if (read_escaped_name(input, pos, label)) {
    again.clear();
    append_escaped_name(again, label);
    require(again == input.substr(0, pos), "a name is read up to its end");
  }
  for (const RecordKind kind : {RecordKind::entity, RecordKind::edge, RecordKind::key_value}) {
    require(!describe_record(kind, input).empty(), "every key has a name for messages");
  }
}

void check_stored_record(std::string_view input) {
  StoredRecord record;
  if (!parse_stored_record(input, record)) return;
  std::string again;
  append_stored_record(record.stamp, record.checksum, record.body, again);
  require(again == input, "a stored record is what its parts are written as");
}

// Takes fields from the front of the input; zeros when there is no more.
class Fields {
 public:
  explicit Fields(std::string_view input) : rest_(input) {}
  std::uint64_t number() {
    std::string bytes(rest_.substr(0, 8));
    rest_.remove_prefix(bytes.size());
    bytes.resize(8, '\0');
    return read_be64(bytes.data());
  }
  std::string_view name() {
    if (rest_.empty()) return {};
    const auto size = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

// As the engine compares: the sign of a byte comparison.
template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

void check_order(std::string_view input) {
  Fields fields(input);
  const std::uint64_t ids[] = {fields.number(), fields.number()};
  const std::string_view names[] = {fields.name(), fields.name()};
  const std::uint64_t edges[] = {fields.number(), fields.number()};
  std::string keys[2];
  for (int i = 0; i < 2; ++i) adjacency_key(ids[i], names[i], edges[i], keys[i]);
  require(order(std::tuple(ids[0], names[0], edges[0]), std::tuple(ids[1], names[1], edges[1])) ==
              order(keys[0], keys[1]),
          "adjacency keys sort by entity, type and edge");
  AdjacencyKey parsed;
  require(parse_adjacency_key(keys[0], parsed) && parsed.entity == ids[0] &&
              parsed.edge_type == names[0] && parsed.edge == edges[0],
          "an adjacency key gives its parts back");

  for (int i = 0; i < 2; ++i) label_key(names[i], ids[i], keys[i]);
  require(
      order(std::tuple(names[0], ids[0]), std::tuple(names[1], ids[1])) == order(keys[0], keys[1]),
      "label keys sort by label and entity");
  std::string prefix;
  append_escaped_name(prefix, names[0]);
  require(keys[1].starts_with(prefix) == (names[0] == names[1]),
          "a label's prefix finds this label and no longer one");

  const std::string end = prefix_end(names[0]);
  if (!end.empty()) {
    require(names[0] < end, "a prefix ends behind itself");
    require((names[1] >= names[0] && names[1] < end) == names[1].starts_with(names[0]),
            "between a prefix and its end is what begins with it");
  }
}

template <typename Decode>
void check_sealed_row(Decode decode_and_encode, std::string_view key, std::string_view payload) {
  std::string row(payload);
  append_be64(row, xxh3_64(std::string(key).append(payload)));
  std::optional<std::string> again;
  try {
    again = decode_and_encode(row);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged || error.code() == ErrorCode::newer_format,
            "a bad row is damage, or of a newer format");
    return;
  }
  require(*again == row, "a sealed row is what its parts are written as");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = fuzz::as_text(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      check_parsed_keys(input);
      break;
    case 1:
      check_stored_record(input);
      break;
    case 2:
      check_order(input);
      break;
    case 3:
      check_sealed_row([](std::string_view row) { return encode_state(decode_state(row)); },
                       kStateKey, input);
      break;
    default:
      check_sealed_row(
          [](std::string_view row) { return encode_commit(decode_commit(id_key(7), row)); },
          id_key(7), input);
  }
  return 0;
}
