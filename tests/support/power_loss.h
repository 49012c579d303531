// What is on the disk after the power went: rebuilt from what the fault shim noted (fault_shim/).
#pragma once

#include <array>
#include <filesystem>
#include <string>

namespace manifolddb::test {

// A file system may keep more than it must. Each choice is one that a real one makes.
enum class UnsyncedNames {
  forgotten,  // only entries of folders that were synced since: the least that POSIX promises
  kept,       // all names as they were, also of files whose bytes never arrived
};
enum class UnsyncedBytes {
  forgotten,    // each file ends where it was last synced, and is empty if it never was
  half_kept,    // half of what was appended since then has arrived: a torn tail
  newest_kept,  // of the files of a kind in a folder, the last one made is whole: those before it
                // lack what the newer one goes on from
  some_kept,    // every other file is whole
};

struct PowerLoss {
  UnsyncedNames names = UnsyncedNames::forgotten;
  UnsyncedBytes bytes = UnsyncedBytes::forgotten;
};

inline constexpr std::array<PowerLoss, 6> kPowerLosses = {
    PowerLoss{},
    PowerLoss{.names = UnsyncedNames::kept},
    PowerLoss{.bytes = UnsyncedBytes::half_kept},
    PowerLoss{.names = UnsyncedNames::kept, .bytes = UnsyncedBytes::half_kept},
    PowerLoss{.names = UnsyncedNames::kept, .bytes = UnsyncedBytes::newest_kept},
    PowerLoss{.names = UnsyncedNames::kept, .bytes = UnsyncedBytes::some_kept}};
std::string describe(const PowerLoss& loss);  // "after a power loss (…)"

// Builds at `target`, where nothing may be, what is left of `root`. `shadow` is the folder that the
// shim wrote (MANIFOLD_FAULT_SHADOW); the process must have ended. Neither is changed, but both
// must be as the process left them: call this before anything is opened in `root`. Symbolic links,
// times and permissions are not part of the model.
void reconstruct_after_power_loss(const std::filesystem::path& shadow,
                                  const std::filesystem::path& root,
                                  const std::filesystem::path& target, const PowerLoss& loss = {});

}  // namespace manifolddb::test
