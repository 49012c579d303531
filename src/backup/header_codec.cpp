#include "backup/header_codec.h"

#include "backup/member_codec.h"

namespace manifolddb::backup {

namespace {

void append_texts(std::string_view name, const std::vector<std::string>& texts, std::string& out) {
  out.append(name).append("[");
  for (std::size_t i = 0; i < texts.size(); ++i) append_text(i == 0 ? "" : ",", texts[i], out);
  out.append("]");
}

// The order in which they are written.
enum HeaderMember : std::size_t {
  kFormat,
  kVersion,
  kKind,
  kBackupId,
  kDatabaseId,
  kHistoryId,
  kParentBackupId,
  kCreatedAt,
  kCommittedAt,
  kSequenceNumber,
  kIsIncremental,
  kPreviousSequence,
  kContentDigest,
  kPreviousContentDigest,
  kStatistics,
  kNextEntityId,
  kNextEdgeId,
  kGeneratorText,
  kDescription,
  kMustUnderstand,
  kMayIgnore,
  kExtra,
  kHeaderMembers
};

bool read_kind(MemberReader& reader, const Member& member, std::string& out) {
  return reader.text(member, out) && (out == "full" || out == "incremental" || out == "log" ||
                                      reader.fail(member, "\"full\", \"incremental\" or \"log\""));
}

// Finds format and version without looking at what else there is.
bool read_version(JsonTape tape, std::size_t at, Header& out, TapeError& error) {
  if (tape.kind(at) != JsonKind::object) return error.set(at, "an object belongs here");
  Member format{"format"};
  Member version{"version"};
  for (std::size_t i = JsonTape::first(at); i != tape.end(at); i = tape.after(i + 1)) {
    if (tape.string(i) == format.name) format.at = i + 1;
    if (tape.string(i) == version.name) version.at = i + 1;
  }
  if (format.at == 0) return error.set(at, "member \"format\" is missing");
  MemberReader reader(tape, error);
  if (!reader.text(format, out.format)) return false;
  if (out.format != kFormatName) {
    return error.set(
        format.at, "the format is " + quote_text(out.format) + ", not " + quote_text(kFormatName));
  }
  if (version.at == 0) return error.set(at, "member \"version\" is missing");
  return reader.number(version, out.version);
}

}  // namespace

void append_header_line(const Header& header, std::string& out) {
  append_text("{\"type\":\"metadata\",\"data\":{\"format\":", header.format, out);
  append_number(",\"version\":", header.version, out);
  append_text(",\"kind\":", header.kind, out);
  append_uuid(",\"backup_id\":", header.backup_id, out);
  append_uuid(",\"database_id\":", header.database_id, out);
  append_uuid(",\"history_id\":", header.history_id, out);
  append_optional(",\"parent_backup_id\":", header.parent_backup_id, out, append_uuid);
  append_time(",\"created_at\":", header.created_at_us, out);
  append_optional(",\"committed_at\":", header.committed_at_us, out, append_time);
  append_number(",\"sequence_number\":", header.sequence_number, out);
  out.append(header.is_incremental ? ",\"is_incremental\":true" : ",\"is_incremental\":false");
  append_optional(",\"previous_sequence\":", header.previous_sequence, out, append_number);
  append_digest(",\"content_digest\":", header.content_digest, out);
  append_optional(",\"previous_content_digest\":", header.previous_content_digest, out,
                  append_digest);
  out.append(",");
  append_statistics(header.statistics, out);
  append_number(",\"next_entity_id\":", header.next_entity_id, out);
  append_number(",\"next_edge_id\":", header.next_edge_id, out);
  append_text(",\"generator\":", header.generator, out);
  append_optional(",\"description\":", header.description, out, append_text);
  append_texts(",\"must_understand\":", header.must_understand, out);
  append_texts(",\"may_ignore\":", header.may_ignore, out);
  out.append(",\"extra\":{");
  for (std::size_t i = 0; i < header.extra.size(); ++i) {
    append_text(i == 0 ? "" : ",", header.extra[i].first, out);
    append_text(":", header.extra[i].second, out);
  }
  out.append("}}}\n");
}

void append_checkpoint_line(const Checkpoint& checkpoint, std::string& out) {
  append_number("{\"type\":\"checkpoint\",\"data\":{\"records\":", checkpoint.records, out);
  append_number(",\"bytes\":", checkpoint.bytes, out);
  append_digest(",\"xxh3_128\":", checkpoint.xxh3_128, out);
  out.append("}}\n");
}

void append_commit_line(const CommitLine& commit, std::string& out) {
  append_number("{\"type\":\"commit\",\"data\":{\"sequence_number\":", commit.sequence_number, out);
  append_time(",\"committed_at\":", commit.committed_at_us, out);
  append_number(",\"records\":", commit.records, out);
  append_digest(",\"content_digest\":", commit.content_digest, out);
  out.append(commit.bulk ? ",\"bulk\":true}}\n" : "}}\n");
}

void append_trailer_line(const Trailer& trailer, std::string& out) {
  out.append("{\"type\":\"end_of_backup\",\"data\":{");
  append_statistics(trailer.statistics, out);
  append_digest(",\"content_digest\":", trailer.content_digest, out);
  append_number(",\"blocks\":", trailer.blocks, out);
  append_number(",\"bytes\":", trailer.bytes, out);
  append_digest(",\"xxh3_128\":", trailer.xxh3_128, out);
  out.append("}}\n");
}

bool read_header(JsonTape tape, std::size_t at, Header& out, TapeError& error) {
  if (!read_version(tape, at, out, error)) return false;
  if (out.version != kFormatVersion) return check_duplicate_keys(tape, at, error);
  Member m[kHeaderMembers] = {{"format"},
                              {"version"},
                              {"kind"},
                              {"backup_id"},
                              {"database_id"},
                              {"history_id"},
                              {"parent_backup_id"},
                              {"created_at"},
                              {"committed_at"},
                              {"sequence_number"},
                              {"is_incremental"},
                              {"previous_sequence"},
                              {"content_digest"},
                              {"previous_content_digest"},
                              {"statistics"},
                              {"next_entity_id"},
                              {"next_edge_id"},
                              {"generator"},
                              {"description"},
                              {"must_understand"},
                              {"may_ignore"},
                              {"extra"}};
  if (!find_members(tape, at, m, error)) return false;
  MemberReader r(tape, error);
  return read_kind(r, m[kKind], out.kind) && r.uuid(m[kBackupId], out.backup_id) &&
         r.uuid(m[kDatabaseId], out.database_id) && r.uuid(m[kHistoryId], out.history_id) &&
         r.optional(m[kParentBackupId], out.parent_backup_id, &MemberReader::uuid) &&
         r.time(m[kCreatedAt], out.created_at_us) &&
         r.optional(m[kCommittedAt], out.committed_at_us, &MemberReader::time) &&
         r.number(m[kSequenceNumber], out.sequence_number) &&
         r.boolean(m[kIsIncremental], out.is_incremental) &&
         r.optional(m[kPreviousSequence], out.previous_sequence, &MemberReader::number) &&
         r.digest(m[kContentDigest], out.content_digest) &&
         r.optional(m[kPreviousContentDigest], out.previous_content_digest,
                    &MemberReader::digest) &&
         r.statistics(m[kStatistics], out.statistics) &&
         r.number(m[kNextEntityId], out.next_entity_id) &&
         r.number(m[kNextEdgeId], out.next_edge_id) && r.text(m[kGeneratorText], out.generator) &&
         r.optional(m[kDescription], out.description, &MemberReader::text) &&
         r.texts(m[kMustUnderstand], out.must_understand) &&
         r.texts(m[kMayIgnore], out.may_ignore) && r.text_map(m[kExtra], out.extra);
}

bool read_checkpoint(JsonTape tape, std::size_t at, Checkpoint& out, TapeError& error) {
  Member m[] = {{"records"}, {"bytes"}, {"xxh3_128"}};
  MemberReader reader(tape, error);
  return find_members(tape, at, m, error) && reader.number(m[0], out.records) &&
         reader.number(m[1], out.bytes) && reader.digest(m[2], out.xxh3_128);
}

bool read_commit(JsonTape tape, std::size_t at, CommitLine& out, TapeError& error) {
  Member m[] = {{"sequence_number"},
                {"committed_at"},
                {"records"},
                {"content_digest"},
                {"bulk", Presence::optional}};
  MemberReader reader(tape, error);
  if (!find_members(tape, at, m, error) || !reader.number(m[0], out.sequence_number) ||
      !reader.time(m[1], out.committed_at_us) || !reader.number(m[2], out.records) ||
      !reader.digest(m[3], out.content_digest)) {
    return false;
  }
  out.bulk = m[4].at != 0;
  return !out.bulk || tape.kind(m[4].at) == JsonKind::true_value || reader.fail(m[4], "true");
}

bool read_trailer(JsonTape tape, std::size_t at, Trailer& out, TapeError& error) {
  Member m[] = {{"statistics"}, {"content_digest"}, {"blocks"}, {"bytes"}, {"xxh3_128"}};
  MemberReader reader(tape, error);
  return find_members(tape, at, m, error) && reader.statistics(m[0], out.statistics) &&
         reader.digest(m[1], out.content_digest) && reader.number(m[2], out.blocks) &&
         reader.number(m[3], out.bytes) && reader.digest(m[4], out.xxh3_128);
}

}  // namespace manifolddb::backup
