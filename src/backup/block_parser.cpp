#include "backup/block_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "common/varint.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

constexpr std::string_view kLineStart = "{\"type\":\"";
constexpr std::string_view kEntityStart = "{\"type\":\"entity\",\"data\":{\"id\":";

constexpr std::array<std::pair<std::string_view, LineType>, 12> kLineTypes{{
    {"entity", LineType::entity},
    {"edge", LineType::edge},
    {"key_value", LineType::key_value},
    {"entity_deleted", LineType::entity_deleted},
    {"edge_deleted", LineType::edge_deleted},
    {"key_value_deleted", LineType::key_value_deleted},
    {"schema", LineType::schema},
    {"schema_deleted", LineType::schema_deleted},
    {"metadata", LineType::metadata},
    {"checkpoint", LineType::checkpoint},
    {"commit", LineType::commit},
    {"end_of_backup", LineType::end_of_backup},
}};

std::string_view line_type_name(LineType type) {
  for (const auto& [name, known] : kLineTypes) {
    if (known == type) return name;
  }
  return "unknown";
}

bool is_deletion(LineType type) {
  return type == LineType::entity_deleted || type == LineType::edge_deleted ||
         type == LineType::key_value_deleted || type == LineType::schema_deleted;
}

bool is_put(LineType type) {
  return type == LineType::entity || type == LineType::edge || type == LineType::key_value;
}

void count_line(LineType type, BackupStatistics& counts) {
  if (type == LineType::entity) ++counts.entity_count;
  if (type == LineType::edge) ++counts.edge_count;
  if (type == LineType::key_value) ++counts.metadata_count;
  if (is_deletion(type)) ++counts.deleted_count;
  ++counts.total_records;
}

}  // namespace

std::string order_fault(RecordKind previous_kind, std::string_view previous_key, RecordKind kind,
                        std::string_view key) {
  const int order =
      previous_kind != kind ? (previous_kind < kind ? -1 : 1) : previous_key.compare(key);
  if (order < 0) return {};
  if (order == 0) return describe_record(kind, key) + " stands here for the second time";
  return describe_record(kind, key) + " is misplaced: it stands behind " +
         describe_record(previous_kind, previous_key);
}

void ParsedBlock::clear() {
  ParsedBlock empty;
  empty.raw.buffer = std::move(raw.buffer);
  empty.entity_ids = std::move(entity_ids);
  empty.entity_ids.clear();
  empty.edges = std::move(edges);
  empty.edges.clear();
  empty.commits = std::move(commits);
  empty.commits.clear();
  empty.changes = std::move(changes);
  empty.changes.clear();
  *this = std::move(empty);
}

BlockParser::BlockParser(const LineRules& rules)
    : rules_(rules),
      parser_(Strictness::strict, rules.is_log ? kReadLogLineBytesMax : kReadLineBytesMax,
              rules.is_log ? LineForm::log : LineForm::backup) {}

void BlockParser::parse(ParsedBlock& block) {
  const std::string_view bytes = block.raw.bytes();
  block.data_hash = xxh3_128(bytes.substr(0, block.raw.checkpoint_begin));
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    const void* newline = std::memchr(bytes.data() + begin, '\n', bytes.size() - begin);
    const bool ended = newline != nullptr;
    const std::size_t line_end =
        ended ? static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data())
              : bytes.size();
    const LinePlace place{block.line_count, begin, line_end + (ended ? 1 : 0)};
    if (begin < block.raw.checkpoint_begin) {
      ++block.data_lines;
      block.last_data_line_begin = begin;
    }
    if (!ended && block.raw.end == BlockEnd::unreadable) break;  // told by the reader
    const std::string_view line = bytes.substr(begin, line_end - begin);
    const std::uint64_t findings_before = block.finding_count;
    const bool behind_end = block.trailer.has_value();
    if (!ended && !line.starts_with("{\"type\":\"end_of_backup\"")) {
      refuse(block, place, bytes.size(), "the file ends within this line");
    } else if (rules_.check_records) {
      parse_line(block, place, line);
    } else {
      classify_line(block, place, line);
    }
    if (block.finding_count == findings_before && behind_end) {
      refuse(block, place, place.begin, "this line stands behind the end of the backup");
    } else if (block.finding_count == findings_before && !ended) {
      refuse(block, place, bytes.size(), "the last line is not ended by a line feed");
    }
    ++block.line_count;
    begin = place.end;
  }
}

void BlockParser::parse_line(ParsedBlock& block, const LinePlace& place, std::string_view line) {
  if (!parser_.parse(line, parsed_, error_)) {
    refuse(block, place, place.begin + error_.byte, error_.what);
    // Edges to this entity are no damage of their own.
    std::uint64_t id = 0;
    if (line.starts_with(kEntityStart) &&
        std::from_chars(line.data() + kEntityStart.size(), line.data() + line.size(), id).ec ==
            std::errc()) {
      block.unread_entity_ids.push_back(id);
    }
    return;
  }
  if (is_put(parsed_.type) || is_deletion(parsed_.type)) {
    take_record(block, place);
  } else if (parsed_.type == LineType::commit) {
    take_commit(block, place);
  } else if (parsed_.type == LineType::unknown) {
    take_unknown(block, place, parsed_.type_name);
  } else {
    take_line_of_envelope(block, place);
  }
}

// Level `structure`: what kind of line it is; only the envelope's own lines are parsed.
void BlockParser::classify_line(ParsedBlock& block, const LinePlace& place, std::string_view line) {
  if (!line.starts_with(kLineStart)) {
    return refuse(block, place, place.begin,
                  line.empty() ? "a blank line" : "does not begin as the line of a backup");
  }
  const std::string_view name =
      line.substr(kLineStart.size(), line.substr(kLineStart.size()).find('"'));
  const auto known = std::find_if(kLineTypes.begin(), kLineTypes.end(),
                                  [name](const auto& entry) { return entry.first == name; });
  if (known == kLineTypes.end()) return take_unknown(block, place, std::string(name));
  const LineType type = known->second;
  if (is_put(type) || (is_deletion(type) && rules_.deletions_allowed)) {
    return count_line(type, block.counts);
  }
  if (type == LineType::commit && rules_.is_log) {
    ++block.commit_lines;
    return;
  }
  parse_line(block, place, line);
}

void BlockParser::take_record(ParsedBlock& block, const LinePlace& place) {
  const bool deletion = is_deletion(parsed_.type);
  if (deletion && !rules_.deletions_allowed) {
    return refuse(block, place, place.begin,
                  std::string(line_type_name(parsed_.type)) + " has no place in a full backup");
  }
  count_line(parsed_.type, block.counts);
  check_order(block, place);
  if (rules_.is_log) return take_change(block);
  if (!deletion) {
    take_put(block, place);
  } else if (rules_.keep_records && block.finding_count == 0) {
    RecordChange gone;
    gone.kind = parsed_.kind;
    gone.key = parsed_.key;
    block.batch.add(gone);
  }
}

void BlockParser::take_put(ParsedBlock& block, const LinePlace& place) {
  const RecordView record{parsed_.kind, parsed_.key, parsed_.body};
  const ContentDigest hash = record_hash(record, scratch_);
  block.digest += hash;
  if (record.kind == RecordKind::entity) {
    const std::uint64_t id = read_be64(parsed_.key.data());
    block.entity_ids.push_back(id);
    block.entity_id_max = std::max(block.entity_id_max, id);
  } else if (record.kind == RecordKind::edge) {
    const std::uint64_t id = read_be64(parsed_.key.data());
    block.edges.push_back({id, parsed_.source, parsed_.target, place});
    block.edge_id_max = std::max(block.edge_id_max, id);
  }
  if (rules_.keep_records && block.finding_count == 0) block.batch.add_new(record, hash);
}

void BlockParser::take_change(ParsedBlock& block) {
  SegmentChange change;
  change.kind = parsed_.kind;
  change.key = parsed_.key;
  change.has_before = parsed_.has_before;
  change.before = parsed_.before;
  change.has_after = is_put(parsed_.type);
  change.after = parsed_.body;
  ++block.open.records;
  if (change.has_before) {
    block.open.delta -= record_hash({change.kind, change.key, change.before}, scratch_);
  }
  if (change.has_after) {
    change.after_hash = record_hash({change.kind, change.key, change.after}, scratch_);
    block.open.delta += change.after_hash;
    if (change.kind != RecordKind::key_value) {
      std::uint64_t& id_max =
          change.kind == RecordKind::entity ? block.entity_id_max : block.edge_id_max;
      id_max = std::max(id_max, read_be64(change.key.data()));
    }
  }
  if (rules_.keep_records && block.finding_count == 0) block.changes.add(change);
}

void BlockParser::take_commit(ParsedBlock& block, const LinePlace& place) {
  ++block.commit_lines;
  block.commits.push_back({parsed_.commit, place, block.open, block.changes.size()});
  block.open = {};
  block.last_record.reset();
}

void BlockParser::check_order(ParsedBlock& block, const LinePlace& place) {
  if (!block.last_record) {
    block.last_record = RecordPlace{parsed_.kind, parsed_.key, place};
    // Behind a commit in this block nothing of an earlier block matters.
    if (block.commits.empty()) block.first_record = block.last_record;
    return;
  }
  RecordPlace& last = *block.last_record;
  std::string fault = order_fault(last.kind, last.key, parsed_.kind, parsed_.key);
  if (!fault.empty()) refuse(block, place, place.begin, std::move(fault), last.place);
  // From here on again: one line in the wrong place is one finding.
  last.kind = parsed_.kind;
  last.key = parsed_.key;
  last.place = place;
}

void BlockParser::take_line_of_envelope(ParsedBlock& block, const LinePlace& place) {
  if (parsed_.type == LineType::checkpoint && block.raw.end == BlockEnd::checkpoint &&
      place.begin == block.raw.checkpoint_begin) {
    block.checkpoint = parsed_.checkpoint;
    return;
  }
  if (parsed_.type == LineType::end_of_backup && block.raw.end == BlockEnd::end_of_file) {
    --block.data_lines;
    if (!block.trailer) {
      block.trailer = parsed_.trailer;
      block.trailer_place = place;
      return;
    }
  }
  refuse(block, place, place.begin,
         "a line of type " + std::string(line_type_name(parsed_.type)) + " has no place here");
}

void BlockParser::take_unknown(ParsedBlock& block, const LinePlace& place,
                               const std::string& type_name) {
  const auto& known = rules_.may_ignore;
  if (std::find(known.begin(), known.end(), type_name) != known.end()) {
    ++block.ignored_lines;
    return;
  }
  refuse(block, place, place.begin,
         "unknown record type '" + type_name.substr(0, 64) +
             "', which the header does not list under may_ignore");
}

void BlockParser::refuse(ParsedBlock& block, const LinePlace& place, std::size_t byte,
                         std::string what, std::optional<LinePlace> other) {
  // A run of blank lines is one finding.
  if (place.end - place.begin == 1 && !block.findings.empty()) {
    LineFinding& last = block.findings.back();
    if (last.last_line + 1 == place.line && last.what == what) {
      last.last_line = place.line;
      last.place.end = place.end;
      return;
    }
  }
  ++block.finding_count;
  if (block.findings.size() >= ParsedBlock::kFindingsMax) return;
  block.findings.push_back({place, place.line, byte, std::move(what), other});
}

}  // namespace manifolddb::backup
