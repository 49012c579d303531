#include "cli/commands/unknown_transactions.h"

#include "common/format.h"

namespace manifolddb::cli {

void UnknownTransactions::add(backup::Known known, SequenceNumber first, SequenceNumber last) {
  if (!stretches_.empty() && !more_) {
    Stretch& before = stretches_.back();
    if (before.known == known && before.last + 1 == first.value) {
      before.last = last.value;
      return;
    }
  }
  if (stretches_.size() == kStretchesMax) {
    more_ = true;
  } else {
    stretches_.push_back({known, first.value, last.value});
  }
}

std::string UnknownTransactions::describe() const {
  const bool one = stretches_.size() == 1 && !more_ && stretches_[0].first == stretches_[0].last;
  std::string text = one ? "transaction" : "transactions";
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    const Stretch& stretch = stretches_[i];
    text += i == 0 ? " " : ", ";
    text += std::to_string(stretch.first);
    if (stretch.last != stretch.first) text += format(" to {}", stretch.last);
    if (stretch.known == backup::Known::bulk) text += " (bulk)";
  }
  if (more_) text += format(", and others behind {}", stretches_.back().last);
  return text;
}

}  // namespace manifolddb::cli
