// Catalogues made of a few numbers, for tests of what is planned with them. Transaction n was
// committed at second n.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backup/recovery_target.h"
#include "manifolddb/repository.h"

namespace manifolddb::test_support {

inline constexpr std::int64_t kSecondUs = 1'000'000;

struct PlannedBackup {
  std::uint64_t sequence = 0;
  int continues = -1;  // index; -1: a full backup
  std::uint64_t bytes = 100;
  std::uint8_t history = 1;
  bool proved = true;
  std::int64_t created_at_us = -1;  // -1: half a second behind its transaction
};

struct PlannedSegment {
  std::uint64_t first = 0, last = 0;
  std::uint64_t bytes = 10;
  bool bulk = false;
  std::uint8_t history = 1;
};

struct PlannedHistory {
  std::uint8_t history = 0, parent = 0;
  std::uint64_t parent_sequence = 0;
};

struct PlannedRepository {
  std::vector<PlannedBackup> backups;
  std::vector<PlannedSegment> segments{};
  std::vector<PlannedHistory> parents{};
  // Of history 1: until when it is complete, and the last number that is noted.
  std::optional<std::int64_t> complete_until_us{};
  std::uint64_t noted = 0;
  std::vector<backup::LogGap> noted_gaps{};
};

Uuid planned_history(std::uint8_t number);
backup::Catalogue catalogue_of(const PlannedRepository& repository);
backup::SegmentTimes planned_times();

}  // namespace manifolddb::test_support
