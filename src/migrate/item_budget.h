// How many items a statement, a list or a value may have, those of lists and maps in it included:
// an item takes two bytes of text, and up to some 200 in memory.
#pragma once

#include <cstddef>
#include <string>

#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

class ItemBudget {
 public:
  static constexpr std::size_t kItemsMax = std::size_t{1} << 20;

  // `of_what`: "the list"; must live as long.
  explicit ItemBudget(const char* of_what) : of_what_(of_what) {}

  // One more. Throws Error{invalid_argument} when it is used up.
  void take() {
    if (++used_ <= kItemsMax) return;
    throw Error(ErrorCode::invalid_argument,
                std::string(of_what_) + " has more than " + group_digits(kItemsMax) + " items");
  }
  // What was refused is then too large, and not of another form.
  bool is_used_up() const { return used_ > kItemsMax; }

 private:
  const char* of_what_;
  std::size_t used_ = 0;
};

}  // namespace manifolddb::migrate
