// Many small log segments become one: an archiver stores one each second, and a day has 86,400.
#pragma once

#include <cstddef>
#include <cstdint>

#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

// Smaller ones, as stored, are worth it.
inline constexpr std::uint64_t kSmallSegmentBytes = 256u << 10;
// One compaction stops reading when its changes take so many bytes: memory is about twice that, or
// one segment more.
inline constexpr std::size_t kCompactedBytesMax = 16u << 20;
// So many neighbours may be small.
inline constexpr std::size_t kSmallSegmentsMax = 60;

// Of one history, where more than kSmallSegmentsMax small segments follow one another without a
// gap: writes one that holds their transactions, and when it is durable and was read again removes
// them. Killed in between, the small ones are covered by the large one, and nothing is lost; they
// are removed by the next call. While somebody removes from the repository nothing is done, while
// somebody reads it nothing is removed. Returns the number of segments removed. The caller is the
// history's archiver.
std::size_t compact_segments(const Repository& repository, const Uuid& history_id,
                             int compression_level);

}  // namespace manifolddb::backup
