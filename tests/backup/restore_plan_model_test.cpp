// Plans beside those of a planner that tries every way, for random repositories: the cheapest way
// is found, and what can be restored is exactly what the window says.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "backup/catalogue.h"
#include "backup/restore_plan.h"
#include "support/error_of.h"
#include "support/planned_repository.h"

namespace manifolddb::test_support {
namespace {

using backup::Catalogue;
using backup::RecoveryTarget;
using backup::RestorePlan;
using test::error_of;

// ------------------------------------------------------

struct Reached {
  std::uint64_t bytes = 0, files = 0;
  auto operator<=>(const Reached&) const = default;
};

// Every way from every backup, by relaxing until nothing changes.
std::optional<Reached> cheapest(const PlannedRepository& repository, std::uint64_t wanted) {
  std::map<std::uint64_t, Reached> reached;  // by number
  const auto reach = [&](std::uint64_t number, Reached cost) {
    const auto [it, is_new] = reached.emplace(number, cost);
    if (!is_new && cost < it->second) it->second = cost;
    return is_new || it->second == cost;
  };
  for (std::size_t i = 0; i < repository.backups.size(); ++i) {
    if (repository.backups[i].sequence > wanted) continue;
    Reached cost;
    bool good = true;
    for (int at = static_cast<int>(i); at >= 0;
         at = repository.backups[static_cast<std::size_t>(at)].continues) {
      const PlannedBackup& backup = repository.backups[static_cast<std::size_t>(at)];
      cost = {cost.bytes + backup.bytes, cost.files + 1};
      good = good && backup.proved;
    }
    if (good) reach(repository.backups[i].sequence, cost);
  }
  for (std::uint64_t from = 0; from < wanted; ++from) {
    const auto at = reached.find(from);
    if (at == reached.end()) continue;
    for (const PlannedSegment& segment : repository.segments) {
      if (segment.bulk || segment.first > from + 1 || segment.last <= from) continue;
      reach(std::min(segment.last, wanted),
            {at->second.bytes + segment.bytes, at->second.files + 1});
    }
  }
  const auto at = reached.find(wanted);
  return at == reached.end() ? std::nullopt : std::optional(at->second);
}

PlannedRepository random_repository(std::mt19937_64& random, std::uint64_t numbers) {
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  PlannedRepository repository;
  std::uint64_t sequence = below(4);
  for (std::uint64_t i = 0, count = 1 + below(6); i < count; ++i) {
    const bool full = i == 0 || below(3) == 0;
    repository.backups.push_back({.sequence = sequence,
                                  .continues = full ? -1 : static_cast<int>(below(i)),
                                  .bytes = 1 + below(30),
                                  .proved = below(8) != 0});
    sequence += below(numbers / 3);
  }
  std::uint64_t first = 1 + below(5);
  while (first < numbers) {
    const bool bulk = below(8) == 0;
    const std::uint64_t last = first + (bulk ? 0 : below(6));
    repository.segments.push_back({first, last, 1 + below(12), bulk});
    first = last + 1 + (below(6) == 0 ? 1 + below(3) : 0);
  }
  return repository;
}

// Segments that were archived a second time, with other ends; what holds no bulk transaction only.
void add_overlaps(std::mt19937_64& random, PlannedRepository& repository) {
  std::vector<PlannedSegment> more;
  for (std::size_t i = 0; i + 1 < repository.segments.size(); ++i) {
    const PlannedSegment& a = repository.segments[i];
    const PlannedSegment& b = repository.segments[i + 1];
    if (a.bulk || b.bulk || b.first != a.last + 1 || random() % 3 != 0) continue;
    more.push_back({a.first + random() % (a.last - a.first + 1),
                    b.first + random() % (b.last - b.first + 1), 1 + random() % 12});
  }
  repository.segments.insert(repository.segments.end(), more.begin(), more.end());
}

// Covered segments are no way: the catalogue leaves them out.
void leave_out_covered(PlannedRepository& repository) {
  const Catalogue catalogue = catalogue_of(repository);
  repository.segments.clear();
  for (const auto& log : catalogue.logs) {
    for (const auto& segment : log.segments) {
      repository.segments.push_back(
          {segment.first.value, segment.last.value, segment.stored_bytes, segment.bulk});
    }
  }
}

void check_every_number(const PlannedRepository& repository, std::uint64_t numbers) {
  const Catalogue catalogue = catalogue_of(repository);
  const auto window = catalogue.window();
  for (std::uint64_t number = 0; number <= numbers; ++number) {
    const std::optional<Reached> expected = cheapest(repository, number);
    const bool in_window = std::any_of(window.begin(), window.end(), [&](const auto& range) {
      return range.first.value <= number && number <= range.last.value;
    });
    ASSERT_EQ(in_window, expected.has_value()) << number;
    const RecoveryTarget target = backup::Repository::parse_target("seq:" + std::to_string(number));
    if (!expected) {
      ASSERT_EQ(error_of([&] { make_restore_plan(catalogue, target, planned_times()); }).code(),
                ErrorCode::not_restorable)
          << number;
      continue;
    }
    const RestorePlan found = make_restore_plan(catalogue, target, planned_times());
    ASSERT_EQ(found.stored_bytes, expected->bytes) << number;
    ASSERT_EQ(found.backups.size() + found.segments.size(), expected->files) << number;
    std::uint64_t at = found.backups.back().sequence_number.value;
    for (const auto& segment : found.segments) {
      ASSERT_FALSE(segment.bulk);
      ASSERT_LE(segment.first.value, at + 1);
      ASSERT_GT(segment.last.value, at);
      at = segment.last.value;
    }
    ASSERT_GE(at, number);
  }
}

// A number is known when a segment holds it or a backup ends there.
bool is_known(const PlannedRepository& repository, std::uint64_t number) {
  return std::any_of(repository.segments.begin(), repository.segments.end(),
                     [&](const auto& s) { return s.first <= number && number <= s.last; }) ||
         std::any_of(repository.backups.begin(), repository.backups.end(),
                     [&](const auto& b) { return b.sequence == number && number != 0; });
}

// A time selects the number of its second, or is refused where that cannot be known or restored.
void check_times(std::mt19937_64& random, PlannedRepository repository, std::uint64_t numbers) {
  std::uint64_t highest = 0;
  for (const auto& segment : repository.segments) highest = std::max(highest, segment.last);
  repository.noted = highest;
  repository.complete_until_us = static_cast<std::int64_t>(highest) * kSecondUs +
                                 static_cast<std::int64_t>(random() % kSecondUs);
  for (const auto& backup : repository.backups) highest = std::max(highest, backup.sequence);
  const bool log_is_last = highest == repository.noted;
  const Catalogue catalogue = catalogue_of(repository);
  for (int i = 0; i < 30; ++i) {
    RecoveryTarget target;
    target.kind = RecoveryTarget::Kind::time;
    target.time_us = static_cast<std::int64_t>(random() % (numbers * kSecondUs));
    if (random() % 4 == 0) target.time_us -= target.time_us % kSecondUs;
    const auto second = static_cast<std::uint64_t>(target.time_us / kSecondUs);
    const std::uint64_t number = std::min(second, highest);
    const bool exact = target.time_us % kSecondUs == 0 && second == number;
    const bool told =
        is_known(repository, number) &&
        (exact ||
         (second < highest ? is_known(repository, number + 1)
                           : log_is_last && target.time_us <= *repository.complete_until_us));
    const std::optional<Reached> way = told ? cheapest(repository, number) : std::nullopt;
    if (way) {
      ASSERT_EQ(make_restore_plan(catalogue, target, planned_times()).sequence_number.value, number)
          << target.time_us;
    } else {
      ASSERT_EQ(error_of([&] { make_restore_plan(catalogue, target, planned_times()); }).code(),
                ErrorCode::not_restorable)
          << target.time_us;
    }
  }
}

TEST(RestorePlanModel, IsThatOfOneWhoTriesEveryWayForRandomRepositories) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 1000; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    constexpr std::uint64_t kNumbers = 40;
    PlannedRepository repository = random_repository(random, kNumbers);
    if (random() % 2 == 0) add_overlaps(random, repository);
    leave_out_covered(repository);
    check_every_number(repository, kNumbers);
    if (!repository.segments.empty()) check_times(random, repository, kNumbers + 5);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace manifolddb::test_support
