#include "backup/envelope_check.h"

#include <algorithm>

namespace manifolddb::backup {

namespace {

// Hashes of different texts have about 30 of 32 digits that differ; of one hash misspelt, few do.
constexpr std::ptrdiff_t kMisspeltDigitsMax = 8;

bool is_misspelt(const std::string& a, const std::string& b) {
  std::ptrdiff_t different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different += a[i] != b[i] ? 1 : 0;
  return different <= kMisspeltDigitsMax;
}

void compare_counts(std::string& faults, const BackupStatistics& stated,
                    const BackupStatistics& found) {
  append_mismatch(faults, "entity_count", stated.entity_count, found.entity_count);
  append_mismatch(faults, "edge_count", stated.edge_count, found.edge_count);
  append_mismatch(faults, "metadata_count", stated.metadata_count, found.metadata_count);
  append_mismatch(faults, "schema_count", stated.schema_count, found.schema_count);
  append_mismatch(faults, "deleted_count", stated.deleted_count, found.deleted_count);
  append_mismatch(faults, "total_records", stated.total_records, found.total_records);
}

}  // namespace

void append_mismatch(std::string& faults, std::string_view what, const std::string& stated,
                     const std::string& found) {
  if (stated == found) return;
  if (!faults.empty()) faults.append("; ");
  faults.append(what).append(" ").append(stated).append(", found ").append(found);
}

void append_mismatch(std::string& faults, std::string_view what, std::uint64_t stated,
                     std::uint64_t found) {
  append_mismatch(faults, what, std::to_string(stated), std::to_string(found));
}

void EnvelopeCheck::add_header(std::string_view line) {
  hash_as_read_.update(line);
  hash_as_computed_.update(line);
}

void EnvelopeCheck::add_checkpoint(std::string_view line, const Checkpoint& found) {
  ++blocks_;
  hash_as_read_.update(line);
  std::string computed;
  append_checkpoint_line(found, computed);
  hash_as_computed_.update(computed);
}

EnvelopeCheck::Verdict EnvelopeCheck::judge(const Header* header, const Trailer& trailer,
                                            std::uint64_t trailer_begin,
                                            const BackupStatistics* counted) const {
  Verdict verdict;
  std::string sums;
  if (counted != nullptr) {
    append_mismatch(sums, "blocks", trailer.blocks, blocks_);
    append_mismatch(sums, "bytes", trailer.bytes, trailer_begin);
    compare_counts(sums, trailer.statistics, *counted);
  }
  std::string against_header;
  std::string hash;
  if (header != nullptr) {
    compare_counts(against_header, header->statistics, trailer.statistics);
    append_mismatch(against_header, "content_digest", header->content_digest.to_hex(),
                    trailer.content_digest.to_hex());
    const std::string stated = trailer.xxh3_128.to_hex();
    const std::string as_read = hash_as_read_.digest().to_hex();
    if (stated != as_read && trailer.xxh3_128 != hash_as_computed_.digest()) {
      append_mismatch(hash, "xxh3_128 of header and checkpoints", stated, as_read);
    }
    // With all blocks in place, the header is what the hash does not fit.
    if (!hash.empty() && sums.empty() && !is_misspelt(stated, as_read)) {
      verdict.header_faults =
          "the header is not the one that the end of the backup states: " + hash;
      if (!against_header.empty()) verdict.header_faults.append("; ").append(against_header);
      return verdict;
    }
  }
  if (!against_header.empty()) against_header.insert(0, "the header states ");
  for (const std::string* part : {&sums, &hash, &against_header}) {
    if (part->empty()) continue;
    verdict.trailer_faults.append(verdict.trailer_faults.empty() ? "" : "; ").append(*part);
  }
  if (!verdict.trailer_faults.empty()) {
    verdict.trailer_faults.insert(0,
                                  "the end of the backup disagrees with what stands before it: ");
  }
  return verdict;
}

}  // namespace manifolddb::backup
