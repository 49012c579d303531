#include "support/log_segments.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "backup/backup_source.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "database/key_codec.h"
#include "support/crafted_backup.h"
#include "support/memory_streams.h"

namespace manifolddb::test_support {

namespace {

constexpr std::int64_t kStart = 1'795'384'020'000'000;  // 2026-11-22T21:47:00Z
constexpr std::int64_t kStep = 1000;

}  // namespace

std::string entity_body(const std::vector<std::string>& labels, const Properties& properties) {
  std::string body;
  encode_entity_body(labels, properties, body);
  return body;
}

std::string edge_body(std::uint64_t source, std::uint64_t target, std::string_view type,
                      const Properties& properties) {
  std::string body;
  encode_edge_body({source}, {target}, type, properties, body);
  return body;
}

TransactionScript::TransactionScript(std::uint64_t after) {
  parse_uuid("11111111-1111-4111-8111-111111111111", begin_.database_id);
  parse_uuid("22222222-2222-4222-8222-222222222222", begin_.history_id);
  begin_.sequence = after;
  begin_.digest = after == 0 ? ContentDigest() : ContentDigest{after, ~after};
  state_.database_id = begin_.database_id;
  state_.history_id = begin_.history_id;
  state_.sequence = after;
  state_.committed_at_us = kStart;
  state_.digest = begin_.digest;
}

void TransactionScript::put(RecordKind kind, std::string_view key, std::string_view body) {
  LoggedRecordChange change;
  change.kind = kind;
  change.key = keep(key);
  change.has_after = true;
  change.after = keep(body);
  std::string& now = content_[{kind, std::string(key)}];
  if (!now.empty()) {  // bodies in scripts are never empty
    change.has_before = true;
    change.before = keep(now);
  }
  now = body;
  open_.changes.push_back(change);
}

void TransactionScript::put_entity(std::uint64_t id, std::string_view body) {
  state_.next_entity_id = std::max(state_.next_entity_id, id + 1);
  put(RecordKind::entity, id_key(id), body);
}

void TransactionScript::put_edge(std::uint64_t id, std::string_view body) {
  state_.next_edge_id = std::max(state_.next_edge_id, id + 1);
  put(RecordKind::edge, id_key(id), body);
}

void TransactionScript::remove(RecordKind kind, std::string_view key) {
  LoggedRecordChange change;
  change.kind = kind;
  change.key = keep(key);
  const auto found = content_.find({kind, std::string(key)});
  change.has_before = true;
  change.before = keep(found->second);
  content_.erase(found);
  open_.changes.push_back(change);
}

void TransactionScript::remove_entity(std::uint64_t id) {
  remove(RecordKind::entity, id_key(id));
}

void TransactionScript::remove_edge(std::uint64_t id) {
  remove(RecordKind::edge, id_key(id));
}

bool TransactionScript::is_changed(RecordKind kind, std::string_view key) const {
  return std::any_of(
      open_.changes.begin(), open_.changes.end(),
      [&](const LoggedRecordChange& change) { return change.kind == kind && change.key == key; });
}

void TransactionScript::commit() {
  std::sort(open_.changes.begin(), open_.changes.end(),
            [](const LoggedRecordChange& a, const LoggedRecordChange& b) {
              return std::pair(a.kind, a.key) < std::pair(b.kind, b.key);
            });
  ContentDigest digest = state_.digest;
  std::string scratch;
  for (const LoggedRecordChange& change : open_.changes) {
    if (change.has_before) digest -= record_hash({change.kind, change.key, change.before}, scratch);
    if (change.has_after) digest += record_hash({change.kind, change.key, change.after}, scratch);
  }
  finish_commit(digest);
}

void TransactionScript::commit_bulk(ContentDigest digest) {
  finish_commit(digest).commit.bulk = true;
}

LoggedTransaction& TransactionScript::finish_commit(ContentDigest digest) {
  state_.digest = digest;
  state_.sequence += 1;
  state_.committed_at_us += kStep;
  open_.state = state_;
  open_.commit.sequence_number = {state_.sequence};
  open_.commit.committed_at_us = state_.committed_at_us;
  open_.commit.content_digest = digest;
  transactions_.push_back(std::exchange(open_, {}));
  return transactions_.back();
}

void TransactionScript::random_transaction(RandomValues& random, std::size_t changes_max,
                                           std::uint64_t records) {
  const std::uint64_t count = random.below(changes_max + 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    const RecordKind kind = static_cast<RecordKind>(2 + random.below(3));
    const std::uint64_t id = 1 + random.below(records);
    const std::string key =
        kind == RecordKind::key_value ? "\xff key " + std::to_string(id) : id_key(id);
    if (is_changed(kind, key)) continue;
    if (content_.contains({kind, key}) && random.one_in(3)) {
      remove(kind, key);
    } else if (kind == RecordKind::key_value) {
      put(kind, key, "v" + random.bytes());
    } else if (kind == RecordKind::entity) {
      put_entity(id, entity_body(random.labels(), random.properties()));
    } else {
      put_edge(id, edge_body(1 + random.below(records), 1 + random.below(records), random.key(),
                             random.properties()));
    }
  }
  commit();
}

std::vector<const LoggedTransaction*> TransactionScript::transactions() const {
  std::vector<const LoggedTransaction*> all;
  for (const LoggedTransaction& transaction : transactions_) all.push_back(&transaction);
  return all;
}

std::string TransactionScript::segment(int level) const {
  test::StringSink sink;
  backup::write_log_segment(begin_, transactions(), level, sink);
  return sink.text;
}

std::string TransactionScript::lines() const {
  return decompressed(segment());
}

std::string decompressed(const std::string& stored) {
  backup::BackupSource source(std::make_unique<test::MemorySource>(stored));
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t count = source.read(buffer, sizeof(buffer))) text.append(buffer, count);
  return text;
}

ReadSegment read_segment(const std::string& bytes, unsigned threads, std::size_t transactions_max) {
  backup::BackupSource source(std::make_unique<test::MemorySource>(bytes));
  ReadSegment read;
  backup::Options options;
  options.threads = threads;
  read.header = backup::read_log_segment(
      source, options, "nothing was written", [&](const backup::SegmentTransaction& transaction) {
        ReadTransactionLines& lines = read.transactions.emplace_back();
        lines.commit = transaction.commit;
        for (std::size_t i = 0; i < transaction.change_count; ++i) {
          const backup::SegmentChange change = transaction.change(i);
          const auto state = [](bool exists, std::string_view body) {
            return exists ? std::optional(body) : std::nullopt;
          };
          append_change_line(change.kind, change.key, state(change.has_before, change.before),
                             state(change.has_after, change.after), lines.changes.emplace_back());
          lines.after_hashes.push_back(change.after_hash);
        }
        return read.transactions.size() < transactions_max;
      });
  return read;
}

std::string craft_segment(const std::vector<std::string>& lines, const backup::Header& like) {
  backup::Header header = like;
  header.statistics = {};
  backup::LineParser parser(backup::Strictness::tolerant, backup::kReadLogLineBytesMax,
                            backup::LineForm::log);
  for (const std::string& line : lines) {
    std::string padded = line.substr(0, line.size() - 1);
    const std::size_t size = padded.size();
    padded.append(backup::kLinePadding, '\0');
    backup::ParsedLine parsed;
    backup::LineError error;
    // A line that cannot be read counts as what it begins like.
    const bool is_read = parser.parse({padded.data(), size}, parsed, error);
    if (is_read && parsed.type == backup::LineType::commit) {
      header.sequence_number = parsed.commit.sequence_number;
      header.committed_at_us = parsed.commit.committed_at_us;
      header.content_digest = parsed.commit.content_digest;
      continue;
    }
    backup::BackupStatistics& counts = header.statistics;
    ++counts.total_records;
    if (line.find("_deleted\"") < 32) {
      ++counts.deleted_count;
    } else if (line.starts_with("{\"type\":\"entity\"")) {
      ++counts.entity_count;
    } else if (line.starts_with("{\"type\":\"edge\"")) {
      ++counts.edge_count;
    } else {
      ++counts.metadata_count;
    }
  }
  return craft_backup(header, lines);
}

}  // namespace manifolddb::test_support
