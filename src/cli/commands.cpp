#include <array>

#include "cli/command.h"

namespace manifolddb::cli {

std::span<const Command> commands() {
  static const std::array all{
      kImportCommand,  kExportCommand,  kStatsCommand, kDigestCommand, kCheckCommand,
      kLogCommand,     kCatCommand,     kApplyCommand, kBackupCommand, kVerifyCommand,
      kRestoreCommand, kShowCommand,    kListCommand,  kMergeCommand,  kPruneCommand,
      kCopyCommand,    kArchiveCommand, kDiffCommand,  kUndoCommand,
  };
  return all;
}

}  // namespace manifolddb::cli
