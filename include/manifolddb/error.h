// Every failure of the library is one Error. Absence is std::optional, never an Error.
#pragma once

#include <exception>
#include <string>

namespace manifolddb {

// What kind of failure it was. The numbers are stored in scripts as exit codes of `manifold`
// (cli.md): never change or reuse one. Values from 100 on are told apart by callers of the library
// only; the command line reports them as 1 (or as the comment says).
enum class ErrorCode : int {
  failed = 1,           // Nothing was changed. Retrying may help when the cause is outside.
  usage = 2,            // The call or command line makes no sense as given.
  not_restorable = 4,   // The target cannot be reached: gap, missing link, outside the window.
  damaged = 5,          // Damage was found in a backup, in the input or in the database.
  conflict = 6,         // The change conflicts with records that exist.
  would_overwrite = 7,  // The target exists.
  outcome_unknown =
      8,              // A commit may or may not have happened. Reopen and read the sequence number.
  not_found = 10,     // A file, database or repository is not there.
  locked = 11,        // Another process owns the database.
  newer_format = 13,  // Written by a newer version of the format than this program knows.
  wrong_history = 14,  // Another database or another history.
  no_space = 20,       // The disk is full. Nothing half done remains.
  interrupted = 130,   // A stop was asked for. Nothing half done remains.
  invalid_argument =
      100,  // A value, id or name that cannot be stored. (exit 5 for input lines, else 2)
  // The writer lock was not obtained in time: retry the transaction. Or, of
  // commit(Durability::archived): it is committed and durable here, and in no repository yet; do
  // not retry. (exit 11)
  timed_out = 101,
  read_only = 102,      // A write was tried on a read-only database.
  reopen_needed = 103,  // After outcome_unknown: close and open the database again.
  invariant = 104,      // A bug of ManifoldDB. Please report it.
};

// Thread-safe as far as const access goes. what() is one line and names the object; safe() says
// what is untouched or lost; next() names the command or call to try next. Both may be empty.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string what, std::string safe = {}, std::string next = {})
      : code_(code), what_(std::move(what)), safe_(std::move(safe)), next_(std::move(next)) {}

  ErrorCode code() const noexcept { return code_; }
  const char* what() const noexcept override { return what_.c_str(); }
  const std::string& safe() const noexcept { return safe_; }
  const std::string& next() const noexcept { return next_; }

 private:
  ErrorCode code_;
  std::string what_;
  std::string safe_;
  std::string next_;
};

}  // namespace manifolddb
