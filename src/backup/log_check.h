// Verification of archived log: every segment by itself, then beside its neighbours and the
// backups.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "backup/record_codec.h"
#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

// The log of one history. Not thread-safe. What it is given must outlive it.
class LogCheck {
 public:
  using OnFault = std::function<void(RepositoryFault)>;
  // `digests`: what sound backups of the history say of the numbers at which they end.
  LogCheck(const repository::ObjectStore& store, const Catalogue& catalogue, const ArchivedLog& log,
           std::map<std::uint64_t, ContentDigest> digests, const Options& options);

  // Reads every segment, also those that are covered by others. The log without what was found
  // wrong.
  ArchivedLog run(const OnFault& on_fault);

  std::uint64_t segments_checked() const { return segments_checked_; }
  std::uint64_t bytes_checked() const { return bytes_checked_; }

 private:
  struct Fault {
    FaultKind kind{};
    std::string what;
  };
  std::optional<Fault> check(const LogSegment& segment);
  void read(const LogSegment& segment);
  void require_header(const LogSegment& segment, const Header& header) const;
  void compare(std::uint64_t sequence, const ContentDigest& digest) const;

  const repository::ObjectStore& store_;
  const Catalogue& catalogue_;
  const ArchivedLog& log_;
  std::map<std::uint64_t, ContentDigest> digests_;  // of backups, and of the end of the segment
                                                    // before
  const Options& options_;
  std::uint64_t segments_checked_ = 0, bytes_checked_ = 0;
};

}  // namespace manifolddb::backup
