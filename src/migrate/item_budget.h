// What a record may have of lists, maps and the like: an item takes two bytes of text, and up to
// some 200 in memory.
#pragma once

#include <cstddef>

#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

class ItemBudget {
 public:
  static constexpr std::size_t kItemsMax = std::size_t{1} << 20;

  // One more. Throws Error{invalid_argument} when it is used up.
  void take() {
    if (++used_ <= kItemsMax) return;
    throw Error(ErrorCode::invalid_argument,
                "the record is too large: it has more than " + group_digits(kItemsMax) +
                    " labels, properties, and items of lists and maps");
  }
  // What was refused is then too large, and not of another form.
  bool is_used_up() const { return used_ > kItemsMax; }

 private:
  std::size_t used_ = 0;
};

}  // namespace manifolddb::migrate
