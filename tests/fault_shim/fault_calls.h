// What the interposed functions of fault_shim.cpp have in common: each kind of call once.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fault_shim/fault_state.h"

namespace manifolddb::test {

using Lock = std::lock_guard<std::mutex>;

inline constexpr std::int64_t kAtEnd = -1;     // nothing that was there changes
inline constexpr std::int64_t kAtCursor = -2;  // at the descriptor's own position

inline bool exists(const std::string& path) {
  const KeepErrno keep;
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

inline std::uint64_t change_offset(int fd, std::int64_t offset) {
  if (offset == kAtCursor) {
    const int flags = ::fcntl(fd, F_GETFL);
    offset = (flags & O_APPEND) != 0 ? kAtEnd : ::lseek(fd, 0, SEEK_CUR);
  }
  return offset < 0 ? UINT64_MAX : static_cast<std::uint64_t>(offset);
}

// `perform(n)` makes the call with the first n bytes of what it was asked to write.
template <typename Perform>
auto change_file(const char* function, int fd, std::int64_t offset, std::size_t size,
                 Perform perform) -> decltype(perform(size)) {
  FaultState& state = FaultState::get();
  const auto path = state.watched(fd);
  if (!path) {
    return perform(size);
  }
  const Lock lock(state.mutex);
  const Call call{CallClass::write, function, *path};
  const Verdict verdict = state.plan.before(call, false);
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  if (state.shadow) {
    const KeepErrno keep;
    state.shadow->before_change(fd, change_offset(fd, offset));
  }
  if (verdict.tear_then_kill) {
    perform(size / 2);
    state.plan.die(call);
  }
  return perform(size);
}

template <typename Perform>
int sync_file(const char* function, int fd, Perform perform) {
  FaultState& state = FaultState::get();
  const auto path = state.watched(fd);
  if (!path) {
    return perform();
  }
  const Lock lock(state.mutex);
  struct stat status;
  const bool is_directory = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  const Call call{CallClass::sync, function, *path};
  const Verdict verdict = state.plan.before(call, is_directory);
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  if (verdict.drop) {
    return 0;
  }
  if (verdict.tear_then_kill) {
    state.plan.die(call);
  }
  const int result = state.real_sync() ? perform() : 0;
  if (result == 0 && state.shadow) {
    const KeepErrno keep;
    if (is_directory) {
      state.shadow->directory_synced(fd);
    } else {
      state.shadow->file_synced(fd, static_cast<std::uint64_t>(status.st_size));
    }
  }
  return result;
}

// Calls on names: `path` is the one that appears, disappears or changes. `perform` returns a
// failure of its own as `failure`; `done(result)` is told of a success.
template <typename Result, typename Perform, typename Done>
Result change_name(CallClass call_class, const char* function,
                   const std::optional<std::string>& path, Result failure, Perform perform,
                   Done done) {
  if (!path) {
    return perform();
  }
  FaultState& state = FaultState::get();
  const Lock lock(state.mutex);
  const Call call{call_class, function, *path};
  const Verdict verdict = state.plan.before(call, false);
  if (verdict.error != 0) {
    errno = verdict.error;
    return failure;
  }
  if (verdict.tear_then_kill) {
    state.plan.die(call);
  }
  const Result result = perform();
  if (result != failure && state.shadow) {
    const KeepErrno keep;
    done(result);
  }
  return result;
}

template <typename Perform>
int change_name(CallClass call_class, const char* function, const std::optional<std::string>& path,
                Perform perform) {
  return change_name(call_class, function, path, -1, perform, [](int) {});
}

template <typename Perform>
int move_name(const char* function, int from_fd, const char* from, int to_fd, const char* to,
              Perform perform) {
  FaultState& state = FaultState::get();
  auto path = state.watched(to_fd, to);
  if (!path) {
    path = state.watched(from_fd, from);
  }
  return change_name(CallClass::rename, function, path, perform);
}

template <typename Perform>
int remove_name(const char* function, int fd, const char* path, Perform perform) {
  return change_name(CallClass::remove, function, FaultState::get().watched(fd, path), perform);
}

template <typename Perform>
int make_directory(const char* function, int fd, const char* path, Perform perform) {
  FaultState& state = FaultState::get();
  const auto watched = state.watched(fd, path);
  return change_name(CallClass::create, function, watched, -1, perform,
                     [&](int) { state.shadow->created(state.absolute(*watched)); });
}

// Truncation of a file by name.
template <typename Result, typename Perform>
Result cut_file(const char* function, const std::string& path, std::uint64_t size, Result failure,
                Perform perform) {
  FaultState& state = FaultState::get();
  const Lock lock(state.mutex);
  const Call call{CallClass::write, function, path};
  const Verdict verdict = state.plan.before(call, false);
  if (verdict.error != 0) {
    errno = verdict.error;
    return failure;
  }
  if (verdict.tear_then_kill) {
    state.plan.die(call);
  }
  if (state.shadow) {
    const KeepErrno keep;
    state.shadow->before_change(state.absolute(path), size);
  }
  return perform();
}

// Opening creates a file, or empties one, or neither. `fd_of` gives the descriptor of a result.
template <typename Result, typename Perform, typename FdOf>
Result open_file(const char* function, int directory_fd, const char* path, int flags,
                 Result failure, Perform perform, FdOf fd_of) {
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  if (!unnamed && (flags & (O_CREAT | O_TRUNC)) == 0) {
    return perform();
  }
  FaultState& state = FaultState::get();
  const auto watched = state.watched(directory_fd, path);
  if (!watched) {
    return perform();
  }
  const bool there = !unnamed && exists(state.absolute(*watched));
  if (!there && (unnamed || (flags & O_CREAT) != 0)) {
    return change_name(CallClass::create, function, watched, failure, perform,
                       [&](Result result) { state.shadow->created(fd_of(result)); });
  }
  if (there && (flags & O_TRUNC) != 0 && (flags & O_EXCL) == 0) {
    return cut_file(function, *watched, 0, failure, perform);
  }
  return perform();
}

template <typename Perform>
int open_fd(const char* function, int directory_fd, const char* path, int flags, Perform perform) {
  return open_file(function, directory_fd, path, flags, -1, perform, [](int fd) { return fd; });
}

template <typename Perform>
FILE* open_stream(const char* function, const char* path, const char* mode, Perform perform) {
  const int flags = mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT : 0;
  return open_file(function, AT_FDCWD, path, flags, static_cast<FILE*>(nullptr), perform,
                   [](FILE* stream) { return ::fileno(stream); });
}

inline std::size_t total_size(const iovec* parts, int count) {
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) {
    size += parts[i].iov_len;
  }
  return size;
}

// The parts cut off after `size` bytes.
inline std::vector<iovec> first_bytes(const iovec* parts, int count, std::size_t size) {
  std::vector<iovec> cut;
  for (int i = 0; i < count && size > 0; ++i) {
    cut.push_back({parts[i].iov_base, std::min(size, parts[i].iov_len)});
    size -= cut.back().iov_len;
  }
  return cut;
}

}  // namespace manifolddb::test
