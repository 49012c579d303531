// Tells a caller's callback how far the work is, about ten times a second.
#pragma once

#include <chrono>
#include <cstdint>

#include "manifolddb/database.h"

namespace manifolddb::backup {

// Used on the calling thread only. Throws Error{interrupted} when the callback wants to stop.
class Progress {
 public:
  Progress(const ProgressCallback& callback, std::uint64_t total)
      : callback_(callback), total_(total) {}

  void set_total(std::uint64_t total) { total_ = total; }
  void add(std::uint64_t records) {
    done_ += records;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_call_ < kInterval) return;
    last_call_ = now;
    report();
  }

  // At once, whatever the time.
  void report() {
    if (callback_ && !callback_(done_, total_)) {
      throw Error(ErrorCode::interrupted, "stopped on request", "nothing half done remains");
    }
  }

  bool wants_stop() const { return callback_ && !callback_(done_, total_); }

 private:
  static constexpr std::chrono::milliseconds kInterval{100};

  const ProgressCallback& callback_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point last_call_{};
};

}  // namespace manifolddb::backup
