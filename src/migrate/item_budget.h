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
  static constexpr std::size_t kTriedMax = 16 * kItemsMax;

  // `of_what`: "the list"; must live as long.
  explicit ItemBudget(const char* of_what) : of_what_(of_what) {}

  // One more. Throws Error{invalid_argument} when it is used up.
  void take() {
    ++used_;
    ++tried_;
    if (used_ > kItemsMax) {
      throw Error(ErrorCode::invalid_argument,
                  std::string(of_what_) + " has more than " + group_digits(kItemsMax) + " items");
    }
    if (tried_ > kTriedMax) {
      throw Error(ErrorCode::invalid_argument, std::string(of_what_) + " is tried as more than " +
                                                   group_digits(kTriedMax) +
                                                   " items of types that it is not of");
    }
  }
  // What was refused is then too large, and not of another form.
  bool is_used_up() const { return used_ > kItemsMax || tried_ > kTriedMax; }

  // What was taken since then was not of this form: its items are free again. That they were tried
  // is not forgotten, or types of many forms within each other would take time without bounds.
  std::size_t used() const { return used_; }
  void give_back(std::size_t used_then) {
    used_ = used_then;
    ++tried_;
  }

 private:
  const char* of_what_;
  std::size_t used_ = 0, tried_ = 0;
};

}  // namespace manifolddb::migrate
