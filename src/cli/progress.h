// How far a long piece of work is, on stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "manifolddb/database.h"

namespace manifolddb::cli {

enum class ProgressMode {
  automatic,  // a bar on a terminal, else nothing
  plain,      // a line now and then
  none,
};

// Lives as long as the work. Its callback also stops the work after such a signal.
class Progress {
 public:
  // `doing` and `unit` as in "backing up", "records".
  Progress(ProgressMode mode, std::string doing, std::string unit);
  ~Progress();  // the bar goes, the last plain line is written
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  ProgressCallback callback();

 private:
  enum class Style { bar, plain, none };
  void show(std::uint64_t done, std::uint64_t total);
  std::string describe(std::uint64_t done, std::uint64_t total) const;
  std::string describe_bar(std::uint64_t done, std::uint64_t total) const;

  Style style_;
  std::string doing_, unit_;
  std::chrono::steady_clock::time_point started_, last_shown_{};
  std::uint64_t done_ = 0, total_ = 0;
  bool shown_ = false;
};

// Whether stderr takes colours: a terminal, and NO_COLOR is not set.
bool stderr_has_colors();

}  // namespace manifolddb::cli
