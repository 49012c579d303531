// Segments that lie within others, and which of them are superfluous: a segment goes only when what
// it holds was read from others.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "backup/record_codec.h"
#include "manifolddb/error.h"
#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

struct UnreadableSegment {
  LogSegment segment;
  std::string what;
  // It is damaged, and the segments that it covers hold all of its transactions and are sound:
  // without it they count again, and nothing is missing.
  bool superfluous = false;
};

// What is wrong with one segment, and not with the work: others may be sound. One that the system
// cannot read counts, too: a bad sector stays, and would stop the work for ever. If it was the
// moment, there is one backup more than needed.
bool is_fault_of_segment(const Error& error);

// Throws Error{wrong_history} for a header that says otherwise than the name.
void require_as_named(const LogSegment& segment, const Header& header, const std::string& safe);
// Reads it whole, and throws what read_log_segment() and require_as_named() throw.
Header check_segment(const repository::ObjectStore& store, const LogSegment& segment,
                     const Options& options, const std::string& safe);

struct SuperfluousSegments {
  std::vector<std::string> objects;           // nothing is lost with these
  std::vector<UnreadableSegment> unreadable;  // of those that cover others
};

// Of what the log's segments cover: what lies within one that was read whole and found right, now,
// or before by the caller (`sound`: its objects). Nothing is that one that cannot be read covers.
SuperfluousSegments find_superfluous(const repository::ObjectStore& store, const ArchivedLog& log,
                                     const std::set<std::string>& sound, const Options& options);

}  // namespace manifolddb::backup
