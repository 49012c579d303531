// A manifest decides what is restored and what is removed, so that no damage to it may go
// unnoticed.
#include "backup/manifest.h"

#include <gtest/gtest.h>

#include "support/error_of.h"

namespace manifolddb::backup {
namespace {

using test::error_of;

Manifest example() {
  Manifest m;
  m.kind = BackupKind::incremental;
  for (std::uint8_t i = 0; i < 16; ++i) {
    m.backup_id.bytes[i] = i;
    m.database_id.bytes[i] = static_cast<std::uint8_t>(i + 50);
    m.history_id.bytes[i] = static_cast<std::uint8_t>(i + 100);
  }
  m.parent_backup_id = m.database_id;
  m.previous_sequence = SequenceNumber{7};
  m.sequence_number = {12};
  m.created_at_us = 1'795'000'000'123'456;
  m.committed_at_us = 1'794'999'999'000'001;
  m.content_digest = {1, 2};
  m.previous_content_digest = ContentDigest{3, 4};
  m.statistics = {1, 2, 3, 0, 4, 10, 1234};
  m.next_entity_id = 99;
  m.description = "before the \"move\"\n";
  m.data_file = "data.jsonl.zst";
  m.stored_bytes = 345;
  m.sha256 = std::string(64, 'a');
  m.verified_level = VerifyLevel::records;
  m.verified_at_us = 1'795'000'001'000'000;
  return m;
}

TEST(Manifest, IsReadBackAsItWasWritten) {
  EXPECT_EQ(parse_manifest(manifest_text(example()), "m"), example());
  Manifest full = example();
  full.kind = BackupKind::full;
  full.parent_backup_id.reset();
  full.previous_sequence.reset();
  full.previous_content_digest.reset();
  full.committed_at_us.reset();
  full.description.reset();
  full.digest_matches = false;
  full.data_file = "data.jsonl";
  EXPECT_EQ(parse_manifest(manifest_text(full), "m"), full);
  full.parent_history_id = full.backup_id;
  full.parent_sequence_number = SequenceNumber{20483};
  EXPECT_EQ(parse_manifest(manifest_text(full), "m"), full);
}

// Those of versions that did not know where a history comes from.
TEST(Manifest, SaysNothingOfAParentHistoryWhereThereIsNone) {
  EXPECT_EQ(manifest_text(example()).find("parent_history_id"), std::string::npos);
}

TEST(Manifest, RefusesEveryChangeOfOneByte) {
  const std::string text = manifest_text(example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int bits : {0x01, 0x20, 0x80}) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ bits);
      const ErrorCode code = error_of([&] { parse_manifest(damaged, "m"); }).code();
      // A changed version can only be taken for a later one.
      EXPECT_TRUE(code == ErrorCode::damaged || code == ErrorCode::newer_format)
          << "byte " << i << " " << text[i];
    }
  }
}

TEST(Manifest, RefusesEveryTruncationAndAddition) {
  const std::string text = manifest_text(example());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(error_of([&] { parse_manifest(text.substr(0, size), "m"); }).code(),
              ErrorCode::damaged)
        << size;
  }
  EXPECT_EQ(error_of([&] { parse_manifest(text + "\n", "m"); }).code(), ErrorCode::damaged);
  EXPECT_EQ(error_of([&] { parse_manifest(" " + text, "m"); }).code(), ErrorCode::damaged);
}

TEST(Manifest, OfALaterVersionIsRefusedAsSuch) {
  std::string text = manifest_text(example());
  const std::string version = "\"version\":1,";
  text.replace(text.find(version), version.size(), "\"version\":2,\"new_member\":[],");
  EXPECT_EQ(error_of([&] { parse_manifest(text, "m"); }).code(), ErrorCode::newer_format);
}

TEST(RepositoryFile, IsReadBackAndEveryChangeOfOneByteRefused) {
  RepositoryIdentity identity;
  identity.database_id.bytes[3] = 9;
  identity.created_at_us = 1'795'000'000'123'456;
  const std::string text = repository_file_text(identity);
  EXPECT_EQ(parse_repository_file(text, "r").database_id, identity.database_id);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const ErrorCode code = error_of([&] { parse_repository_file(damaged, "r"); }).code();
    EXPECT_TRUE(code == ErrorCode::damaged || code == ErrorCode::newer_format) << i;
  }
}

TEST(Manifest, KeepsTheBeginningOfALongDescriptionWithWholeCharacters) {
  Header header;
  header.description = "x" + std::string(1022, 'a') + "\xC3\xA9" + std::string(5000, 'b');
  const Manifest manifest = manifest_of(header);
  EXPECT_EQ(manifest.description, "x" + std::string(1022, 'a'));
}

TEST(Manifest, NamesWhatDiffersFromTheDataBesideIt) {
  Header header;
  header.kind = "full";
  header.sequence_number = 5;
  Manifest manifest = manifest_of(header);
  EXPECT_EQ(find_difference(manifest, header), "");
  header.sequence_number = 6;
  EXPECT_EQ(find_difference(manifest, header),
            "sequence_number is 5 in the manifest and 6 in the data");
  header.sequence_number = 5;
  header.next_entity_id = 77;
  EXPECT_NE(find_difference(manifest, header), "");
}

}  // namespace
}  // namespace manifolddb::backup
