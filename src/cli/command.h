// What a command of `manifold` is. The list of them stands in commands.cpp.
#pragma once

#include <functional>
#include <span>

namespace manifolddb::cli {

class ArgumentParser;
class Session;

// How a command ended that did not throw; main.cpp has the exit codes.
enum class Outcome {
  done,
  listed_exceptions,  // done, but not all of it: what is missing was said
  damage_found,
};

struct Command {
  const char* name;
  const char* summary;   // one line, without a full stop
  const char* examples;  // what --help ends with

  // Declares the arguments and returns what is called when they have been parsed.
  std::function<Outcome(Session&)> (*configure)(ArgumentParser& parser);
};

// In the order in which help lists them.
std::span<const Command> commands();

extern const Command kApplyCommand;
extern const Command kArchiveCommand;
extern const Command kBackupCommand;
extern const Command kCatCommand;
extern const Command kCheckCommand;
extern const Command kCopyCommand;
extern const Command kDiffCommand;
extern const Command kDigestCommand;
extern const Command kExportCommand;
extern const Command kImportCommand;
extern const Command kListCommand;
extern const Command kLogCommand;
extern const Command kMergeCommand;
extern const Command kPruneCommand;
extern const Command kRestoreCommand;
extern const Command kShowCommand;
extern const Command kStatsCommand;
extern const Command kUndoCommand;
extern const Command kVerifyCommand;

}  // namespace manifolddb::cli
