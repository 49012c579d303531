// Jobs that turn parts of a database into pieces of lines side by side, written in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "backup/file_writer.h"
#include "backup/ordered_pipeline.h"

namespace manifolddb::backup {

inline constexpr std::size_t kPiecesInFlight = 2;  // for each worker

// How much a job fills before it lets go of its piece.
inline std::size_t piece_bytes(std::size_t memory_limit_bytes, unsigned workers) {
  constexpr std::size_t kPieceBytesMin = 256u << 10;
  constexpr std::size_t kPieceBytesMax = 4u << 20;
  return std::clamp(memory_limit_bytes / (8 * kPiecesInFlight * workers), kPieceBytesMin,
                    kPieceBytesMax);
}

// A Job is movable and has `WrittenLines piece`, which its work fills from the start, and `bool
// finished`: a job that was left unfinished is done again, as the next one, before all others.
// `next` returns jobs in order, then nothing; `taken` sees each filled job once, in order.
template <typename Job, typename Next, typename Taken>
void write_piece_jobs(OrderedPipeline<Job>& jobs, FileWriter& writer, Next next, Taken taken) {
  std::vector<WrittenLines> spare;
  const auto exchange_piece = [&spare](Job& job) {
    WrittenLines piece = std::move(job.piece);
    job.piece = {};
    if (!spare.empty()) {
      job.piece = std::move(spare.back());
      spare.pop_back();
    }
    return piece;
  };
  bool more = true;
  for (;;) {
    while (more && jobs.accepts()) {
      std::optional<Job> job = next();
      more = job.has_value();
      if (!more) break;
      exchange_piece(*job);
      jobs.give(std::move(*job), 1);
    }
    if (jobs.empty()) return;
    Job job = jobs.take();
    taken(job);
    WrittenLines piece = exchange_piece(job);
    if (!job.finished) jobs.give_first(std::move(job), 1);
    writer.append(piece);
    spare.push_back(std::move(piece));
  }
}

}  // namespace manifolddb::backup
