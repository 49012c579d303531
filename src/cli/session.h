// What a command gets to work with: the options that every command has, and where to print.
#pragma once

#include <optional>
#include <string>

#include "cli/output.h"
#include "cli/progress.h"
#include "manifolddb/error.h"

namespace manifolddb::cli {

class Session {
 public:
  Session(Format format, ProgressMode progress_mode)
      : output_(format), progress_mode_(progress_mode) {}

  Output& output() { return output_; }

  // The mode for a Progress. With --json a bar would be noise between objects.
  ProgressMode progress_mode() const {
    return output_.json() && progress_mode_ == ProgressMode::automatic ? ProgressMode::none
                                                                       : progress_mode_;
  }

  // Three lines for a command that does not throw, but does not end as Outcome::done either.
  void explain(Error error) { explanation_ = std::move(error); }
  const std::optional<Error>& explanation() const { return explanation_; }

 private:
  Output output_;
  ProgressMode progress_mode_;
  std::optional<Error> explanation_;
};

}  // namespace manifolddb::cli
