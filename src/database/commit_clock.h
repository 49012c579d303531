// The clock that commit times are taken from: the wall clock, watched for steps ahead. A commit
// time far ahead would make every later one, strictly increasing, useless as a target.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace manifolddb {

// Thread-safe, as far as the wall clock given is.
class CommitClock {
 public:
  // An empty `wall_us` is the system's clock. How much time passes is told by CLOCK_BOOTTIME in
  // either case, which goes on while the machine sleeps: a clock that is given and runs faster than
  // time needs a larger `step_max`.
  CommitClock(std::function<std::int64_t()> wall_us, std::chrono::seconds step_max);

  // Microseconds since 1970. Throws Error{failed} when the wall clock went ahead, since this object
  // was made, by over `step_max` more than time has passed. Steps back are no error.
  std::int64_t now_us() const;

  // The wall clock as it is, for what is no commit time.
  std::int64_t wall_us() const { return wall_us_(); }

 private:
  std::function<std::int64_t()> wall_us_;
  std::chrono::seconds step_max_;
  std::int64_t wall_at_start_us_;
  std::int64_t passed_at_start_us_;
};

}  // namespace manifolddb
