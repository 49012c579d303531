// log/<history>/complete.json: how far the log of a history is archived
// (docs/repository_format.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/repository.h"

namespace manifolddb::backup {

inline constexpr std::size_t kArchiveNoteBytesMax = 128u << 10;

// Error{invariant} for more than ArchiveNote::kGapsMax gaps, or gaps that do not ascend.
std::string archive_note_text(const ArchiveNote& note);
// Throws Error{damaged}, {newer_format}; `name` is for messages.
ArchiveNote parse_archive_note(std::string_view text, const std::string& name);

// A promise of times behind `until_us` was made by a clock that was ahead: what is left of it is
// the last commit that the note names. False: there is none.
bool take_promise_back(ArchiveNote& note, std::int64_t until_us);

// One more; the oldest goes where they would be more than ArchiveNote::kGapsMax.
void add_gap(ArchiveNote& note, LogGap gap);

// What two writers noted of one history: as far as either got, and the gaps of both.
ArchiveNote unite_notes(ArchiveNote a, const ArchiveNote& b);

// The last ArchiveNote::kGapsMax.
std::vector<LogGap> newest_gaps(std::vector<LogGap> gaps);
// What is in one of both, ascending; neighbours are one gap.
std::vector<LogGap> unite_gaps(std::vector<LogGap> a, const std::vector<LogGap>& b);
// What of each is in none of `known`: gaps, or the segments of a log.
std::vector<LogGap> subtract_gaps(const std::vector<LogGap>& gaps, std::span<const LogGap> known);
std::vector<LogGap> subtract_segments(const std::vector<LogGap>& gaps,
                                      std::span<const LogSegment> known);

}  // namespace manifolddb::backup
