// A set of ids, built in ascending order and asked in any order, in little memory: a bit an id
// where they are dense, about 18 bytes an id where they are scattered over all 63 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace manifolddb {

// Not thread-safe while append is called; contains may be called by many threads at once otherwise.
class IdSet {
 public:
  void append(std::uint64_t id);  // greater than all before
  bool contains(std::uint64_t id) const;
  std::uint64_t size() const { return size_; }
  std::size_t memory_bytes() const;

 private:
  struct Page {
    std::uint64_t number;  // id >> 16
    std::uint32_t offset;  // in low_bits_ (array) or bitmap_words_ / kBitmapWords (bitmap)
    std::uint32_t count;   // over kArrayMax: a bitmap
  };
  static constexpr std::uint32_t kArrayMax = 4096;
  static constexpr std::size_t kBitmapWords = 1024;
  void turn_last_page_into_bitmap();
  const Page* find_page(std::uint64_t number) const;
  std::vector<Page> pages_;
  std::vector<std::uint16_t> low_bits_;
  std::vector<std::uint64_t> bitmap_words_;
  std::uint64_t size_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace manifolddb
