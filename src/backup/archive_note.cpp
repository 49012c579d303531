#include "backup/archive_note.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "backup/small_file.h"

namespace manifolddb::backup {

namespace {

constexpr std::string_view kNoteFormat = "manifolddb-archive";

bool are_in_order(const std::vector<LogGap>& gaps) {
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    if (gaps[i].last < gaps[i].first) return false;
    if (i != 0 && gaps[i].first <= gaps[i - 1].last) return false;
  }
  return gaps.size() <= ArchiveNote::kGapsMax;
}

bool read_gap(JsonTape tape, std::size_t at, LogGap& out, TapeError& error) {
  if (tape.kind(at) != JsonKind::array) return error.set(at, "a gap is two numbers");
  std::uint64_t* const numbers[] = {&out.first.value, &out.last.value};
  std::size_t count = 0;
  for (std::size_t i = JsonTape::first(at); i != tape.end(at); i = tape.after(i)) {
    if (count == 2) return error.set(i, "a gap is two numbers");
    if (!read_unsigned(tape, i, "gaps", *numbers[count++], error)) return false;
  }
  return count == 2 || error.set(at, "a gap is two numbers");
}

// What of `gap` is in none of `known`, which ascend by first and by last.
template <typename Range>
void add_rest(const LogGap& gap, std::span<const Range> known, std::vector<LogGap>& rest) {
  std::uint64_t begin = gap.first.value;
  auto one = std::partition_point(known.begin(), known.end(),
                                  [&gap](const Range& other) { return other.last < gap.first; });
  for (; one != known.end() && one->first <= gap.last; ++one) {
    if (one->first.value > begin) rest.push_back({{begin}, {one->first.value - 1}});
    if (one->last >= gap.last) return;
    begin = one->last.value + 1;
  }
  rest.push_back({{begin}, gap.last});
}

bool read_gaps(JsonTape tape, const Member& member, std::vector<LogGap>& out, TapeError& error) {
  if (tape.kind(member.at) != JsonKind::array) return error.set(member.at, "gaps are an array");
  for (std::size_t i = JsonTape::first(member.at); i != tape.end(member.at); i = tape.after(i)) {
    LogGap gap;
    if (!read_gap(tape, i, gap, error)) return false;
    out.push_back(gap);
  }
  return are_in_order(out) || error.set(member.at, "gaps do not ascend, or are too many");
}

}  // namespace

std::string archive_note_text(const ArchiveNote& note) {
  if (!are_in_order(note.gaps)) {
    throw Error(ErrorCode::invariant,
                "the gaps of an archive's note do not ascend, or are too many",
                "nothing was written", "please report this");
  }
  std::string out;
  append_small_format(kNoteFormat, out);
  append_uuid(",\"database_id\":", note.database_id, out);
  append_uuid(",\"history_id\":", note.history_id, out);
  append_number(",\"sequence_number\":", note.sequence_number.value, out);
  append_optional(",\"committed_at\":", note.committed_at_us, out, append_time);
  append_digest(",\"content_digest\":", note.content_digest, out);
  append_time(",\"complete_until\":", note.complete_until_us, out);
  out.append(",\"gaps\":[");
  for (std::size_t i = 0; i < note.gaps.size(); ++i) {
    append_number(i == 0 ? "[" : ",[", note.gaps[i].first.value, out);
    append_number(",", note.gaps[i].last.value, out);
    out.push_back(']');
  }
  out.push_back(']');
  append_parent_point(note.parent_history_id, note.parent_sequence_number, out);
  return with_small_hash(std::move(out));
}

ArchiveNote parse_archive_note(std::string_view text, const std::string& name) {
  const SmallFile parsed(text, kNoteFormat, name);
  Member m[] = {{"format"},
                {"version"},
                {"database_id"},
                {"history_id"},
                {"sequence_number"},
                {"committed_at"},
                {"content_digest"},
                {"complete_until"},
                {"gaps"},
                {"parent_history_id", Presence::optional},
                {"parent_sequence_number", Presence::optional},
                {"xxh3_128"}};
  ArchiveNote note;
  TapeError error;
  MemberReader r(parsed.tape(), error);
  const bool good =
      find_members(parsed.tape(), JsonTape::kRoot, m, error) && r.uuid(m[2], note.database_id) &&
      r.uuid(m[3], note.history_id) && r.number(m[4], note.sequence_number.value) &&
      r.optional(m[5], note.committed_at_us, &MemberReader::time) &&
      r.digest(m[6], note.content_digest) && r.time(m[7], note.complete_until_us) &&
      read_gaps(parsed.tape(), m[8], note.gaps, error) &&
      read_parent_point(r, m[9], m[10], note.parent_history_id, note.parent_sequence_number);
  if (!good) parsed.refuse(error.what);
  parsed.require_same(archive_note_text(note));
  return note;
}

bool take_promise_back(ArchiveNote& note, std::int64_t until_us) {
  const std::int64_t known_us = note.committed_at_us.value_or(0);
  if (note.complete_until_us <= std::max(until_us, known_us)) return false;
  note.complete_until_us = known_us;
  return true;
}

void add_gap(ArchiveNote& note, LogGap gap) {
  note.gaps = newest_gaps(unite_gaps(std::move(note.gaps), {gap}));
}

ArchiveNote unite_notes(ArchiveNote a, const ArchiveNote& b) {
  std::vector<LogGap> gaps = newest_gaps(unite_gaps(std::move(a.gaps), b.gaps));
  const bool b_got_further = std::pair(b.sequence_number, b.complete_until_us) >
                             std::pair(a.sequence_number, a.complete_until_us);
  ArchiveNote united = b_got_further ? b : std::move(a);
  united.gaps = std::move(gaps);
  return united;
}

std::vector<LogGap> newest_gaps(std::vector<LogGap> gaps) {
  if (gaps.size() > ArchiveNote::kGapsMax) {
    gaps.erase(gaps.begin(), std::prev(gaps.end(), ArchiveNote::kGapsMax));
  }
  return gaps;
}

std::vector<LogGap> unite_gaps(std::vector<LogGap> a, const std::vector<LogGap>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end(), [](const LogGap& x, const LogGap& y) { return x.first < y.first; });
  std::vector<LogGap> united;
  for (const LogGap& gap : a) {
    // Not by last + 1: a note may name the highest number that there is.
    const bool is_apart = united.empty() || (gap.first > united.back().last &&
                                             gap.first.value - 1 > united.back().last.value);
    if (is_apart) {
      united.push_back(gap);
    } else {
      united.back().last = std::max(united.back().last, gap.last);
    }
  }
  return united;
}

std::vector<LogGap> subtract_gaps(const std::vector<LogGap>& gaps, std::span<const LogGap> known) {
  std::vector<LogGap> rest;
  for (const LogGap& gap : gaps) add_rest(gap, known, rest);
  return rest;
}

std::vector<LogGap> subtract_segments(const std::vector<LogGap>& gaps,
                                      std::span<const LogSegment> known) {
  std::vector<LogGap> rest;
  for (const LogGap& gap : gaps) add_rest(gap, known, rest);
  return rest;
}

}  // namespace manifolddb::backup
