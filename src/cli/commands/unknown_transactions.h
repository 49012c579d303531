// Which transactions a listing could not tell of, for one line at its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manifolddb/history.h"

namespace manifolddb::cli {

// Takes any number of them and remembers the first kStretchesMax stretches.
class UnknownTransactions {
 public:
  static constexpr std::size_t kStretchesMax = 5;

  void add(backup::Known known, SequenceNumber first, SequenceNumber last);  // ascending
  bool empty() const { return stretches_.empty(); }
  std::string describe() const;  // "transactions 1 to 40, 57 (bulk), and others behind 90"

 private:
  struct Stretch {
    backup::Known known;
    std::uint64_t first, last;
  };
  std::vector<Stretch> stretches_;
  bool more_ = false;
};

}  // namespace manifolddb::cli
