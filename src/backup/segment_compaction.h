// Many small log segments become one: an archiver stores one each second, and a day has 86,400.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backup/covered_segments.h"
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

struct CompactionResult {
  std::size_t removed = 0;  // segments
  std::vector<UnreadableSegment> unreadable;
};

// Of one history, where more than kSmallSegmentsMax small segments follow one another without a
// gap: writes one that holds their transactions, and when it is durable and was read again removes
// them; one that is not what was written is removed instead. Killed in between, the small ones are
// covered by the large one, and nothing is lost; the next call reads the large one before it
// removes them. A segment that cannot be read ends what is put together, and is named; what is
// beside it is compacted. While somebody removes from the repository nothing is done, while
// somebody reads it nothing is removed. The caller is the history's archiver.
CompactionResult compact_segments(const Repository& repository, const Uuid& history_id,
                                  int compression_level);

}  // namespace manifolddb::backup
