// Whether header, checkpoints and trailer belong together and agree with the lines between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backup/record_codec.h"
#include "common/hash.h"

namespace manifolddb::backup {

// Appends "<what> <stated>, found <found>" unless both are equal, behind "; " if need be.
void append_mismatch(std::string& faults, std::string_view what, const std::string& stated,
                     const std::string& found);
void append_mismatch(std::string& faults, std::string_view what, std::uint64_t stated,
                     std::uint64_t found);

// Not thread-safe.
class EnvelopeCheck {
 public:
  void add_header(std::string_view line);
  // A checkpoint line as it stands in the file, and what it should say of the lines before it.
  void add_checkpoint(std::string_view line, const Checkpoint& found);

  // What is wrong, empty where nothing is: with the header line, or with the trailer and what it
  // sums up.
  struct Verdict {
    std::string header_faults;
    std::string trailer_faults;
  };

  // header: null when its line is damaged. counted: null when damaged lines explain that sums
  // differ.
  Verdict judge(const Header* header, const Trailer& trailer, std::uint64_t trailer_begin,
                const BackupStatistics* counted) const;

 private:
  // Over the header and the checkpoint lines: as they stand, and as they should be for the lines
  // that were read. The trailer's hash equals the first when a block was changed and the second
  // when its checkpoint was; when it is neither, something else is damaged.
  Xxh3Stream hash_as_read_, hash_as_computed_;
  std::uint64_t blocks_ = 0;
};

}  // namespace manifolddb::backup
