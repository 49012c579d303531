#include "database/commit_clock.h"

#include <time.h>

#include <limits>
#include <utility>

#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;

std::int64_t system_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t boottime_us() {
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  return static_cast<std::int64_t>(now.tv_sec) * kMicroseconds + now.tv_nsec / 1000;
}

std::int64_t limited_us(std::chrono::seconds seconds) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max() / 4;
  return seconds.count() > max / kMicroseconds ? max : seconds.count() * kMicroseconds;
}

}  // namespace

CommitClock::CommitClock(std::function<std::int64_t()> wall_us, std::chrono::seconds step_max)
    : wall_us_(wall_us ? std::move(wall_us) : system_us),
      step_max_(step_max),
      wall_at_start_us_(wall_us_()),
      passed_at_start_us_(boottime_us()) {}

std::int64_t CommitClock::now_us() const {
  const std::int64_t wall = wall_us_();
  const std::int64_t expected = wall_at_start_us_ + (boottime_us() - passed_at_start_us_);
  if (wall - expected <= limited_us(step_max_)) return wall;
  throw Error(
      ErrorCode::failed,
      "the clock says " + format_time_us(wall) +
          ", but by the time that has passed since "
          "the database was opened it should be " +
          format_time_us(expected) + ": more than " + std::to_string(step_max_.count()) +
          " s ahead",
      "nothing was changed",
      "set the clock right; if it is right, open the database again, which believes it (on the "
      "command line: run the command again), or raise DatabaseOptions::clock_step_max");
}

}  // namespace manifolddb
