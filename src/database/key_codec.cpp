#include "database/key_codec.h"

namespace manifolddb {

bool read_escaped_name(std::string_view key, std::size_t& pos, std::string& name) {
  name.clear();
  for (;;) {
    const std::size_t zero = key.find('\0', pos);
    if (zero == std::string_view::npos || zero + 1 == key.size()) return false;
    name.append(key, pos, zero - pos);
    pos = zero + 2;
    const char mark = key[zero + 1];
    if (mark == '\x01') return true;
    if (mark != '\xff') return false;
    name.push_back('\0');
  }
}

bool parse_adjacency_key(std::string_view key, AdjacencyKey& out) {
  if (key.size() < 18) return false;
  out.entity = read_be64(key.data());
  std::size_t pos = 8;
  if (!read_escaped_name(key, pos, out.edge_type) || key.size() - pos != 8) return false;
  out.edge = read_be64(key.data() + pos);
  return true;
}

bool parse_adjacency_value(std::string_view value, std::uint64_t& other_end) {
  std::size_t pos = 0;
  return read_varint(value, pos, other_end) && pos == value.size();
}

bool parse_label_key(std::string_view key, std::string& label, std::uint64_t& entity) {
  std::size_t pos = 0;
  if (!read_escaped_name(key, pos, label) || key.size() - pos != 8) return false;
  entity = read_be64(key.data() + pos);
  return true;
}

void append_stored_record(std::uint64_t stamp, std::uint32_t checksum, std::string_view body,
                          std::string& out) {
  append_varint(out, stamp);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>((checksum >> shift) & 0xff));
  }
  out.append(body);
}

bool parse_stored_record(std::string_view value, StoredRecord& out) {
  std::size_t pos = 0;
  if (!read_varint(value, pos, out.stamp) || value.size() - pos < 4) return false;
  out.checksum = 0;
  for (unsigned i = 0; i < 4; ++i) {
    out.checksum |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(value[pos + i]))
                    << (8 * i);
  }
  out.body = value.substr(pos + 4);
  return true;
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<std::uint8_t>(end.back());
    if (last != 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return end;
}

std::string describe_record(RecordKind kind, std::string_view key) {
  if (kind == RecordKind::key_value) {
    static constexpr std::size_t kShownBytesMax = 64;
    std::string text = "key-value ";
    static constexpr char kDigits[] = "0123456789abcdef";
    text.push_back('"');
    for (const char c : key.substr(0, kShownBytesMax)) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
        text.push_back(c);
      } else {
        text.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
      }
    }
    return text.append(key.size() > kShownBytesMax ? "\"..." : "\"");
  }
  const char* name = kind == RecordKind::entity ? "entity " : "edge ";
  if (key.size() != 8)
    return std::string(name) + "with a key of " + std::to_string(key.size()) + " bytes";
  return name + std::to_string(read_be64(key.data()));
}

}  // namespace manifolddb
