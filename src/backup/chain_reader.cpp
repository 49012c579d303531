#include "backup/chain_reader.h"

#include <algorithm>
#include <utility>

#include "backup/damage.h"
#include "backup/envelope_check.h"
#include "backup/record_applier.h"
#include "common/format.h"
#include "common/hash.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kBatchBytes = 1u << 20;  // of what is handed on at once

// A record in the sorter: varint order, 1 byte (1: deleted), digest, body.
void encode_version(std::uint64_t order, const ContentDigest* hash, std::string_view body,
                    std::string& out) {
  out.clear();
  append_varint(out, order);
  out.push_back(hash != nullptr ? 0 : 1);
  append_be64(out, hash != nullptr ? hash->high : 0);
  append_be64(out, hash != nullptr ? hash->low : 0);
  out.append(body);
}

// Each header was compared with the records of its own file, and with no others.
void raise_next_ids(Header& header, const Header& of) {
  header.next_entity_id = std::max(header.next_entity_id, of.next_entity_id);
  header.next_edge_id = std::max(header.next_edge_id, of.next_edge_id);
}

}  // namespace

OpenedChain open_chain(const std::vector<std::filesystem::path>& files,
                       std::optional<SequenceNumber> to, const std::string& safe) {
  Chain chain = find_chain(read_headers(files), to ? std::optional(to->value) : std::nullopt, safe);
  OpenedChain opened;
  opened.base = std::make_unique<BackupSource>(chain.front().path);
  opened.links.assign(chain.begin() + 1, chain.end());
  return opened;
}

OpenedChain open_chain(const BackupChain& chain, const std::string& safe) {
  OpenedChain opened = open_chain(chain.files, std::nullopt, safe);
  opened.tail.segments = chain.segments;
  opened.tail.to = chain.plan.sequence_number.value;
  return opened;
}

ChainReader::ChainReader(BackupSource& base, Chain links, ChainReaderOptions options)
    : ChainReader(base, std::move(links), {}, std::move(options)) {}

ChainReader::ChainReader(OpenedChain& chain, ChainReaderOptions options)
    : ChainReader(*chain.base, chain.links, chain.tail, std::move(options)) {}

ChainReader::ChainReader(BackupSource& base, Chain links, LogTail tail, ChainReaderOptions options)
    : options_(std::move(options)),
      base_(base, options_),
      links_(std::move(links)),
      tail_(std::move(tail)),
      header_(require_full(base_, options_.safe)),
      link_deltas_(links_.size() + 1) {
  if (links_.empty() && tail_.empty()) return;
  if (!links_.empty()) {
    const Header base_header = std::exchange(header_, links_.back().header);
    raise_next_ids(header_, base_header);
    for (const ChainFile& link : links_) raise_next_ids(header_, link.header);
  }
  header_.statistics = {};
  tail_begin_ = {header_.database_id, header_.history_id, header_.sequence_number,
                 header_.content_digest};
  if (!tail_.empty()) header_.sequence_number = tail_.to;
  scratch_ = std::make_unique<ScratchDirectory>(options_.scratch_directory);
  sorter_.emplace(scratch_->path(), options_.merge_memory_bytes);
}

void ChainReader::read(const OnRecords& on_records) {
  on_records_ = &on_records;
  read_links();
  if (!tail_.empty()) read_tail();
  if (sorter_) {
    sorter_->finish();
    cursor_.emplace(sorter_->cursor());
  }
  base_.read(
      [this](const Damage& damage, VerifyLevel) { throw damage_error(damage, options_.safe); },
      [this](ParsedBlock& block) { merge_block(block); });
  uncompressed_size_ += base_.counts().uncompressed_size;
  if (!is_merged()) return;
  merge_rest();
  check_digests();
  counts_.total_records = counts_.entity_count + counts_.edge_count + counts_.metadata_count;
  header_.statistics = counts_;
}

void ChainReader::read_links() {
  for (std::size_t link = 0; link < links_.size(); ++link) {
    BackupSource source(links_[link].path);
    FileReader reader(source, options_);
    if (const std::optional<Damage> damage = reader.header_damage()) {
      throw damage_error(*damage, options_.safe);
    }
    reader.read(
        [this](const Damage& damage, VerifyLevel) { throw damage_error(damage, options_.safe); },
        [this, link](const ParsedBlock& block) { take_link_block(link, block); });
    uncompressed_size_ += reader.counts().uncompressed_size;
  }
}

void ChainReader::read_tail() {
  Options options;
  options.threads = options_.threads;
  options.memory_limit_bytes = options_.memory_limit_bytes;
  options.progress = options_.progress;
  std::string value;
  const LogTailEnd end =
      LogTailReader(tail_, tail_begin_, options, options_.safe)
          .read([&](std::uint64_t sequence, const SegmentChange& change) {
            const std::uint64_t order = links_.size() + (sequence - tail_begin_.sequence - 1);
            encode_version(order, change.has_after ? &change.after_hash : nullptr, change.after,
                           value);
            sorter_->add(change.kind, change.key, value);
          });
  header_.committed_at_us = end.commit.committed_at_us;
  header_.content_digest = end.commit.content_digest;
  header_.next_entity_id = std::max(header_.next_entity_id, end.next_entity_id);
  header_.next_edge_id = std::max(header_.next_edge_id, end.next_edge_id);
}

std::string ChainReader::end_name() const {
  if (!tail_.empty()) return tail_.segments.back().string();
  return links_.empty() ? base_.source_name() : links_.back().path.string();
}

void ChainReader::take_link_block(std::size_t link, const ParsedBlock& block) {
  std::string value;
  for (std::size_t i = 0; i < block.batch.size(); ++i) {
    const RecordChange change = block.batch.change(i);
    encode_version(link, change.has_new ? block.batch.new_hash(i) : nullptr, change.new_body,
                   value);
    sorter_->add(change.kind, change.key, value);
  }
}

// --- merging -------------------------------------------------------------------------------------

bool ChainReader::cursor_is_before(RecordKind kind, std::string_view key) const {
  if (!cursor_->valid()) return false;
  const SortedValue& next = cursor_->get();
  return next.kind != kind ? next.kind < kind : next.key < key;
}

bool ChainReader::cursor_is_at(RecordKind kind, std::string_view key) const {
  return cursor_->valid() && cursor_->get().kind == kind && cursor_->get().key == key;
}

void ChainReader::merge_block(ParsedBlock& block) {
  if (!is_merged()) return (*on_records_)(std::move(block.batch));
  if (block.batch.size() == 0) return;
  const RecordChange last = block.batch.change(block.batch.size() - 1);
  if (!cursor_is_before(last.kind, last.key) && !cursor_is_at(last.kind, last.key)) {
    return pass_block(block);
  }
  for (std::size_t i = 0; i < block.batch.size(); ++i) {
    const RecordChange record = block.batch.change(i);
    const ContentDigest& hash = *block.batch.new_hash(i);
    while (cursor_is_before(record.kind, record.key)) {
      take_versions();
      merge_versions(nullptr);
    }
    if (cursor_is_at(record.kind, record.key)) {
      take_versions();
      merge_versions(&hash);
    } else {
      pass_record({record.kind, record.key, record.new_body}, hash);
    }
  }
  flush();
}

void ChainReader::merge_rest() {
  while (cursor_->valid()) {
    take_versions();
    merge_versions(nullptr);
    if (out_.bytes() >= kBatchBytes) flush();
  }
  flush();
}

// All that links and log say of the record at the cursor, oldest first.
void ChainReader::take_versions() {
  kind_ = cursor_->get().kind;
  key_.assign(cursor_->get().key);
  version_count_ = 0;
  for (; cursor_is_at(kind_, key_); cursor_->next()) {
    if (version_count_ == versions_.size()) versions_.emplace_back();
    Version& version = versions_[version_count_++];
    const std::string_view value = cursor_->get().value;
    std::size_t pos = 0;
    read_varint(value, pos, version.order);
    version.is_deleted = value[pos++] != 0;
    version.hash = {read_be64(value.data() + pos), read_be64(value.data() + pos + 8)};
    version.body.assign(value.substr(pos + 16));
  }
  std::sort(versions_.begin(), versions_.begin() + static_cast<std::ptrdiff_t>(version_count_),
            [](const Version& a, const Version& b) { return a.order < b.order; });
}

// `base_hash`: of the record in the base, null when it has none.
void ChainReader::merge_versions(const ContentDigest* base_hash) {
  bool exists = base_hash != nullptr;
  ContentDigest hash = exists ? *base_hash : ContentDigest();
  for (std::size_t i = 0; i < version_count_; ++i) {
    const Version& version = versions_[i];
    ContentDigest& delta = link_deltas_[std::min<std::uint64_t>(version.order, links_.size())];
    if (exists) delta -= hash;
    exists = !version.is_deleted;
    hash = version.hash;
    if (exists) delta += hash;
  }
  if (exists) {
    put({kind_, key_, versions_[version_count_ - 1].body}, hash);
  } else if (base_hash != nullptr && kind_ == RecordKind::entity) {
    deleted_entities_.append(read_be64(key_.data()));
  }
}

// No link changed anything in it.
void ChainReader::pass_block(ParsedBlock& block) {
  for (const std::uint64_t id : block.entity_ids) entities_.append(id);
  if (deleted_entities_.size() != 0) {
    for (const EdgeEnds& edge : block.edges) check_ends(edge.id, edge.source, edge.target);
  }
  counts_.entity_count += block.entity_ids.size();
  counts_.edge_count += block.edges.size();
  counts_.metadata_count += block.batch.size() - block.entity_ids.size() - block.edges.size();
  (*on_records_)(std::move(block.batch));
}

void ChainReader::pass_record(const RecordView& record, const ContentDigest& hash) {
  if (record.kind == RecordKind::entity) {
    entities_.append(read_be64(record.key.data()));
  } else if (record.kind == RecordKind::edge && deleted_entities_.size() != 0) {
    const EdgeHead head = decode_edge_head(record.body);
    check_ends(read_be64(record.key.data()), head.source, head.target);
  }
  count(record.kind);
  out_.add_new(record, hash);
}

void ChainReader::put(const RecordView& record, const ContentDigest& hash) {
  if (record.kind == RecordKind::entity) {
    entities_.append(read_be64(record.key.data()));
  } else if (record.kind == RecordKind::edge) {
    const EdgeHead head = decode_edge_head(record.body);
    check_ends(read_be64(record.key.data()), head.source, head.target);
  }
  count(record.kind);
  out_.add_new(record, hash);
}

void ChainReader::check_ends(std::uint64_t edge, std::uint64_t source, std::uint64_t target) const {
  for (const std::uint64_t end : {source, target}) {
    if (entities_.contains(end)) continue;
    throw Error(ErrorCode::damaged,
                format("{}: at the end of the chain edge {} names entity {}, which is not there",
                       end_name(), edge, end),
                options_.safe, "take a new full backup: this chain was not written by ManifoldDB");
  }
}

void ChainReader::count(RecordKind kind) {
  switch (kind) {
    case RecordKind::key_value:
      ++counts_.metadata_count;
      break;
    case RecordKind::entity:
      ++counts_.entity_count;
      break;
    case RecordKind::edge:
      ++counts_.edge_count;
      break;
  }
}

void ChainReader::flush() {
  if (out_.size() == 0) return;
  (*on_records_)(std::exchange(out_, {}));
}

void ChainReader::check_digests() const {
  ContentDigest digest = base_.header()->content_digest;
  for (std::size_t link = 0; link < links_.size(); ++link) {
    digest += link_deltas_[link];
    const ChainFile& file = links_[link];
    if (digest == file.header.content_digest) continue;
    throw Error(ErrorCode::damaged,
                format("{} states the content digest {} at seq {}, but its records lead to {}",
                       file.path.string(), file.header.content_digest.to_hex(),
                       file.header.sequence_number, digest.to_hex()),
                options_.safe, "restore to the link before it (--to), or take a new full backup");
  }
  digest += link_deltas_[links_.size()];
  if (tail_.empty() || digest == header_.content_digest) return;
  throw Error(
      ErrorCode::damaged,
      format("{} states the content digest {} at seq {}, but the chain and the log before "
             "it lead to {}: what the log says was there before is not what the backups "
             "hold",
             end_name(), header_.content_digest.to_hex(), header_.sequence_number, digest.to_hex()),
      options_.safe, "restore to another point (--to), and take a new full backup");
}

}  // namespace manifolddb::backup
