// The note says how far the archive is complete: a wrong one would let a restore miss transactions
// without a word.
#include "backup/archive_note.h"

#include <gtest/gtest.h>

#include "support/error_of.h"

namespace manifolddb::backup {
namespace {

using test::error_of;

ArchiveNote example_note() {
  ArchiveNote note;
  note.database_id.bytes[1] = 3;
  note.history_id.bytes[2] = 4;
  note.sequence_number = {20483};
  note.committed_at_us = 1'795'000'000'123'456;
  note.content_digest = {1, 2};
  note.complete_until_us = 1'795'000'009'000'001;
  note.parent_history_id = note.database_id;
  note.parent_sequence_number = SequenceNumber{77};
  note.gaps = {{{100}, {100}}, {{200}, {300}}};
  return note;
}

TEST(ArchiveNote, IsReadBackAsItWasWritten) {
  EXPECT_EQ(parse_archive_note(archive_note_text(example_note()), "n"), example_note());
  ArchiveNote first = example_note();
  first.parent_history_id.reset();
  first.parent_sequence_number.reset();
  first.committed_at_us.reset();
  first.gaps.clear();
  EXPECT_EQ(parse_archive_note(archive_note_text(first), "n"), first);
}

TEST(ArchiveNote, RefusesEveryChangeOfOneByteAndEveryTruncation) {
  const std::string text = archive_note_text(example_note());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const ErrorCode code = error_of([&] { parse_archive_note(damaged, "n"); }).code();
    EXPECT_TRUE(code == ErrorCode::damaged || code == ErrorCode::newer_format) << i;
    EXPECT_EQ(error_of([&] { parse_archive_note(text.substr(0, i), "n"); }).code(),
              ErrorCode::damaged)
        << i;
  }
}

TEST(ArchiveNote, RefusesGapsThatDoNotAscendOrAreTooMany) {
  ArchiveNote note = example_note();
  note.gaps = {{{5}, {4}}};
  EXPECT_EQ(error_of([&] { archive_note_text(note); }).code(), ErrorCode::invariant);
  note.gaps = {{{5}, {9}}, {{9}, {10}}};
  EXPECT_EQ(error_of([&] { archive_note_text(note); }).code(), ErrorCode::invariant);
  note.gaps.clear();
  for (std::uint64_t i = 0; i < ArchiveNote::kGapsMax; ++i) note.gaps.push_back({{2 * i}, {2 * i}});
  EXPECT_LE(archive_note_text(note).size(), kArchiveNoteBytesMax);
  note.gaps.push_back({{9'999'999}, {9'999'999}});
  EXPECT_EQ(error_of([&] { archive_note_text(note); }).code(), ErrorCode::invariant);
}

TEST(ArchiveNote, ForgetsItsOldestGapForANewOneOnly) {
  ArchiveNote note;
  for (std::uint64_t i = 0; i < ArchiveNote::kGapsMax; ++i) {
    add_gap(note, {{10 * i + 1}, {10 * i + 1}});
  }
  const std::uint64_t end = note.gaps.back().last.value;
  add_gap(note, {{end + 1}, {end + 3}});  // goes on where the last one ends
  EXPECT_EQ(note.gaps.size(), ArchiveNote::kGapsMax);
  EXPECT_EQ(note.gaps.front(), (LogGap{{1}, {1}}));
  EXPECT_EQ(note.gaps.back(), (LogGap{{end}, {end + 3}}));
  add_gap(note, {{end + 9}, {end + 9}});
  EXPECT_EQ(note.gaps.size(), ArchiveNote::kGapsMax);
  EXPECT_EQ(note.gaps.front(), (LogGap{{11}, {11}}));
}

}  // namespace
}  // namespace manifolddb::backup
