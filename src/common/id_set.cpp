#include "common/id_set.h"

#include <algorithm>
#include <string>

#include "manifolddb/error.h"

namespace manifolddb {
namespace {

// Doubling would leave up to half of the memory unused, which memory_bytes() has to count.
template <typename T>
void reserve_for(std::vector<T>& items, std::size_t count) {
  constexpr std::size_t kFirst = 64;
  const std::size_t wanted = items.size() + count;
  if (wanted > items.capacity()) {
    items.reserve(std::max({wanted, kFirst, items.capacity() + items.capacity() / 8}));
  }
}

}  // namespace

void IdSet::append(std::uint64_t id) {
  if (size_ != 0 && id <= last_) {
    throw Error(
        ErrorCode::invariant,
        "id " + std::to_string(id) + " was appended to a set after id " + std::to_string(last_));
  }
  const std::uint64_t number = id >> 16;
  const auto low = static_cast<std::uint16_t>(id & 0xffff);
  if (pages_.empty() || pages_.back().number != number) {
    reserve_for(pages_, 1);
    pages_.push_back({number, static_cast<std::uint32_t>(low_bits_.size()), 0});
  } else if (pages_.back().count == kArrayMax) {
    turn_last_page_into_bitmap();
  }
  Page& page = pages_.back();
  if (page.count >= kArrayMax) {
    bitmap_words_[page.offset * kBitmapWords + low / 64] |= std::uint64_t{1} << (low % 64);
  } else {
    reserve_for(low_bits_, 1);
    low_bits_.push_back(low);
  }
  ++page.count;
  ++size_;
  last_ = id;
}

// The caller adds one more id at once, so that the count says "bitmap".
void IdSet::turn_last_page_into_bitmap() {
  Page& page = pages_.back();
  const std::size_t base = bitmap_words_.size();
  reserve_for(bitmap_words_, kBitmapWords);
  bitmap_words_.resize(base + kBitmapWords);
  for (std::size_t i = page.offset; i < low_bits_.size(); ++i) {
    bitmap_words_[base + low_bits_[i] / 64] |= std::uint64_t{1} << (low_bits_[i] % 64);
  }
  low_bits_.resize(page.offset);
  page.offset = static_cast<std::uint32_t>(base / kBitmapWords);
}

// Scattered ids are mostly random, so their pages are spread evenly: a few steps of interpolation
// spare most of the cache misses of a binary search, which then ends it whatever the distribution.
const IdSet::Page* IdSet::find_page(std::uint64_t number) const {
  if (pages_.empty() || number < pages_.front().number || number > pages_.back().number) {
    return nullptr;
  }
  constexpr int kInterpolationsMax = 4;
  constexpr std::size_t kInterpolateOver = 64;
  std::size_t low = 0;
  std::size_t high = pages_.size() - 1;  // pages_[low].number <= number <= pages_[high].number
  for (int step = 0; step < kInterpolationsMax && high - low > kInterpolateOver; ++step) {
    const double range = static_cast<double>(pages_[high].number - pages_[low].number);
    const double share = static_cast<double>(number - pages_[low].number) / range;
    const auto ahead = static_cast<std::size_t>(share * static_cast<double>(high - low));
    const std::size_t guess = std::min(low + ahead, high);
    if (pages_[guess].number == number) return &pages_[guess];
    if (pages_[guess].number < number) {
      low = guess;
    } else {
      high = guess;
    }
  }
  const auto end = pages_.begin() + static_cast<std::ptrdiff_t>(high) + 1;
  const auto found =
      std::lower_bound(pages_.begin() + static_cast<std::ptrdiff_t>(low), end, number,
                       [](const Page& page, std::uint64_t value) { return page.number < value; });
  return found != end && found->number == number ? &*found : nullptr;
}

bool IdSet::contains(std::uint64_t id) const {
  const Page* page = find_page(id >> 16);
  if (page == nullptr) return false;
  const auto low = static_cast<std::uint16_t>(id & 0xffff);
  if (page->count > kArrayMax) {
    return (bitmap_words_[page->offset * kBitmapWords + low / 64] >> (low % 64) & 1) != 0;
  }
  const auto begin = low_bits_.begin() + page->offset;
  return std::binary_search(begin, begin + page->count, low);
}

std::size_t IdSet::memory_bytes() const {
  return sizeof(*this) + pages_.capacity() * sizeof(Page) +
         low_bits_.capacity() * sizeof(std::uint16_t) +
         bitmap_words_.capacity() * sizeof(std::uint64_t);
}

}  // namespace manifolddb
