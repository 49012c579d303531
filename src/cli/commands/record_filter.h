// Which records `cat` prints, and their printing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/output.h"
#include "common/record.h"

namespace manifolddb::cli {

// A label selects entities, a type edges; both together select either. With --id what is selected
// must have that id too.
struct RecordFilter {
  std::optional<std::string> label;
  std::optional<std::string> edge_type;
  std::optional<std::uint64_t> id;
  std::optional<std::uint64_t> limit;

  bool takes_all() const { return !label && !edge_type && !id; }
  bool takes(const RecordView& record) const;
};

class RecordPrinter {
 public:
  RecordPrinter(Output& out, const RecordFilter& filter) : out_(out), filter_(filter) {}

  // Prints the record if the filter takes it. False when no more is wanted: the limit is reached or
  // nobody reads. Throws Error{interrupted} after a signal.
  bool print(const RecordView& record);

 private:
  bool wants_more() const;

  Output& out_;
  const RecordFilter& filter_;
  std::uint64_t printed_ = 0;
  std::string line_;
};

}  // namespace manifolddb::cli
