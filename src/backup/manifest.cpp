#include "backup/manifest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "backup/export_header.h"
#include "backup/member_codec.h"
#include "backup/small_file.h"
#include "common/format.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

namespace {

constexpr std::string_view kRepositoryFormat = "manifolddb-repository";
constexpr std::string_view kManifestFormat = "manifolddb-manifest";
constexpr std::array<std::string_view, 4> kLevelNames = {"structure", "records", "chain",
                                                         "restore"};

// Everything up to the hash.
std::string body_of(const Manifest& m) {
  std::string out;
  const auto sequence = [](std::string_view name, SequenceNumber value, std::string& text) {
    append_number(name, value.value, text);
  };
  append_small_format(kManifestFormat, out);
  append_uuid(",\"backup_id\":", m.backup_id, out);
  append_quoted(",\"kind\":", kind_name(m.kind), out);
  append_uuid(",\"database_id\":", m.database_id, out);
  append_uuid(",\"history_id\":", m.history_id, out);
  append_optional(",\"parent_backup_id\":", m.parent_backup_id, out, append_uuid);
  append_optional(",\"previous_sequence\":", m.previous_sequence, out, sequence);
  sequence(",\"sequence_number\":", m.sequence_number, out);
  append_time(",\"created_at\":", m.created_at_us, out);
  append_optional(",\"committed_at\":", m.committed_at_us, out, append_time);
  append_digest(",\"content_digest\":", m.content_digest, out);
  append_optional(",\"previous_content_digest\":", m.previous_content_digest, out, append_digest);
  out.push_back(',');
  append_statistics(m.statistics, out);
  append_number(",\"next_entity_id\":", m.next_entity_id, out);
  append_number(",\"next_edge_id\":", m.next_edge_id, out);
  append_optional(",\"description\":", m.description, out, append_text);
  append_text(",\"data_file\":", m.data_file, out);
  append_number(",\"stored_bytes\":", m.stored_bytes, out);
  append_number(",\"uncompressed_size\":", m.statistics.uncompressed_size, out);
  append_quoted(",\"sha256\":", m.sha256, out);
  append_quoted(",\"verified_level\":", level_name(m.verified_level), out);
  append_time(",\"verified_at\":", m.verified_at_us, out);
  out.append(",\"digest_matches\":").append(m.digest_matches ? "true" : "false");
  append_parent_point(m.parent_history_id, m.parent_sequence_number, out);
  if (m.history_began_at_us) append_time(",\"history_began_at\":", *m.history_began_at_us, out);
  return out;
}

bool read_level(MemberReader& reader, const Member& member, VerifyLevel& out) {
  std::string name;
  if (!reader.text(member, name)) return false;
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) {
      out = static_cast<VerifyLevel>(i);
      return true;
    }
  }
  return reader.fail(member, "a level of verification");
}

bool read_kind(MemberReader& reader, const Member& member, BackupKind& out) {
  std::string name;
  if (!reader.text(member, name)) return false;
  out = name == "full" ? BackupKind::full : BackupKind::incremental;
  return name == kind_name(out) || reader.fail(member, "\"full\" or \"incremental\"");
}

bool read_sequence(MemberReader& reader, const Member& member, std::optional<SequenceNumber>& out) {
  std::optional<std::uint64_t> number;
  if (!reader.optional(member, number, &MemberReader::number)) return false;
  if (number) out = SequenceNumber{*number};
  return true;
}

bool read_begin(MemberReader& reader, const Member& member, std::optional<std::int64_t>& out) {
  out.reset();
  return member.at == 0 || reader.time(member, out.emplace());
}

bool read_data_file(MemberReader& reader, const Member& member, std::string& out) {
  return reader.text(member, out) &&
         (out == repository::kPlainData || out == repository::kCompressedData ||
          reader.fail(member, "\"data.jsonl\" or \"data.jsonl.zst\""));
}

bool read_members(JsonTape tape, Manifest& out, TapeError& error) {
  Member m[] = {{"format"},
                {"version"},
                {"backup_id"},
                {"kind"},
                {"database_id"},
                {"history_id"},
                {"parent_backup_id"},
                {"previous_sequence"},
                {"sequence_number"},
                {"created_at"},
                {"committed_at"},
                {"content_digest"},
                {"previous_content_digest"},
                {"statistics"},
                {"next_entity_id"},
                {"next_edge_id"},
                {"description"},
                {"data_file"},
                {"stored_bytes"},
                {"uncompressed_size"},
                {"sha256"},
                {"verified_level"},
                {"verified_at"},
                {"digest_matches"},
                {"parent_history_id", Presence::optional},
                {"parent_sequence_number", Presence::optional},
                {"history_began_at", Presence::optional},
                {"xxh3_128"}};
  MemberReader r(tape, error);
  return find_members(tape, JsonTape::kRoot, m, error) && r.uuid(m[2], out.backup_id) &&
         read_kind(r, m[3], out.kind) && r.uuid(m[4], out.database_id) &&
         r.uuid(m[5], out.history_id) &&
         r.optional(m[6], out.parent_backup_id, &MemberReader::uuid) &&
         read_sequence(r, m[7], out.previous_sequence) &&
         r.number(m[8], out.sequence_number.value) && r.time(m[9], out.created_at_us) &&
         r.optional(m[10], out.committed_at_us, &MemberReader::time) &&
         r.digest(m[11], out.content_digest) &&
         r.optional(m[12], out.previous_content_digest, &MemberReader::digest) &&
         r.statistics(m[13], out.statistics) && r.number(m[14], out.next_entity_id) &&
         r.number(m[15], out.next_edge_id) &&
         r.optional(m[16], out.description, &MemberReader::text) &&
         read_data_file(r, m[17], out.data_file) && r.number(m[18], out.stored_bytes) &&
         r.number(m[19], out.statistics.uncompressed_size) && r.text(m[20], out.sha256) &&
         read_level(r, m[21], out.verified_level) && r.time(m[22], out.verified_at_us) &&
         r.boolean(m[23], out.digest_matches) &&
         read_parent_point(r, m[24], m[25], out.parent_history_id, out.parent_sequence_number) &&
         read_begin(r, m[26], out.history_began_at_us);
}

}  // namespace

std::string_view level_name(VerifyLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::string_view kind_name(BackupKind kind) {
  return kind == BackupKind::full ? "full" : "incremental";
}

std::string repository_file_text(const RepositoryIdentity& identity) {
  std::string out;
  append_small_format(kRepositoryFormat, out);
  append_uuid(",\"database_id\":", identity.database_id, out);
  append_time(",\"created_at\":", identity.created_at_us, out);
  return with_small_hash(std::move(out));
}

RepositoryIdentity parse_repository_file(std::string_view text, const std::string& name) {
  const SmallFile parsed(text, kRepositoryFormat, name);
  RepositoryIdentity identity;
  Member m[] = {{"format"}, {"version"}, {"database_id"}, {"created_at"}, {"xxh3_128"}};
  TapeError error;
  MemberReader reader(parsed.tape(), error);
  if (!find_members(parsed.tape(), JsonTape::kRoot, m, error) ||
      !reader.uuid(m[2], identity.database_id) || !reader.time(m[3], identity.created_at_us)) {
    parsed.refuse(error.what);
  }
  parsed.require_same(repository_file_text(identity));
  return identity;
}

std::string manifest_text(const Manifest& manifest) {
  return with_small_hash(body_of(manifest));
}

Manifest parse_manifest(std::string_view text, const std::string& name) {
  const SmallFile parsed(text, kManifestFormat, name);
  Manifest manifest;
  TapeError error;
  if (!read_members(parsed.tape(), manifest, error)) parsed.refuse(error.what);
  parsed.require_same(manifest_text(manifest));
  return manifest;
}

Manifest manifest_of(const Header& header) {
  Manifest m;
  m.kind = header.is_incremental ? BackupKind::incremental : BackupKind::full;
  m.backup_id = header.backup_id;
  m.database_id = header.database_id;
  m.history_id = header.history_id;
  m.parent_backup_id = header.parent_backup_id;
  if (header.previous_sequence) m.previous_sequence = SequenceNumber{*header.previous_sequence};
  m.sequence_number = {header.sequence_number};
  m.created_at_us = header.created_at_us;
  m.committed_at_us = header.committed_at_us;
  m.content_digest = header.content_digest;
  m.previous_content_digest = header.previous_content_digest;
  m.statistics = header.statistics;
  m.next_entity_id = header.next_entity_id;
  m.next_edge_id = header.next_edge_id;
  if (const std::optional<HistoryPoint> parent = parent_history_of(header)) {
    m.parent_history_id = parent->history_id;
    m.parent_sequence_number = parent->sequence_number;
  }
  m.description = header.description;
  if (m.description && m.description->size() > Manifest::kDescriptionBytesMax) {
    std::size_t size = Manifest::kDescriptionBytesMax;
    // Not within a character of several bytes.
    while (size > 0 && (static_cast<unsigned char>((*m.description)[size]) & 0xC0) == 0x80) --size;
    m.description->resize(size);
  }
  return m;
}

std::string find_difference(const Manifest& manifest, const Header& header) {
  const Manifest other = manifest_of(header);
  const auto differ = [](std::string_view name, const std::string& here, const std::string& there) {
    return format("{} is {} in the manifest and {} in the data", name, here, there);
  };
  if (manifest.backup_id != other.backup_id) {
    return differ("backup_id", manifest.backup_id.to_string(), other.backup_id.to_string());
  }
  if (manifest.database_id != other.database_id) {
    return differ("database_id", manifest.database_id.to_string(), other.database_id.to_string());
  }
  if (manifest.history_id != other.history_id) {
    return differ("history_id", manifest.history_id.to_string(), other.history_id.to_string());
  }
  if (manifest.sequence_number != other.sequence_number) {
    return differ("sequence_number", std::to_string(manifest.sequence_number.value),
                  std::to_string(other.sequence_number.value));
  }
  if (manifest.content_digest != other.content_digest) {
    return differ("content_digest", manifest.content_digest.to_hex(),
                  other.content_digest.to_hex());
  }
  Manifest same = other;
  same.statistics.uncompressed_size = manifest.statistics.uncompressed_size;
  same.data_file = manifest.data_file;
  same.stored_bytes = manifest.stored_bytes;
  same.sha256 = manifest.sha256;
  same.verified_level = manifest.verified_level;
  same.verified_at_us = manifest.verified_at_us;
  same.digest_matches = manifest.digest_matches;
  same.history_began_at_us = manifest.history_began_at_us;
  return same == manifest ? "" : "the manifest and the header of the data differ";
}

}  // namespace manifolddb::backup
