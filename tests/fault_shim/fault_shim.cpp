// Interposes libc's file calls in the program that it is linked into, for tests of durability.
//
// A symbol defined in the program itself comes before those of libc, also for calls made by shared
// libraries (the engine's, libstdc++'s) and also before a sanitizer's wrappers, which are reached
// with dlsym(RTLD_NEXT). Calls that libc makes inside itself are not seen: what is written through
// a FILE* by fwrite is neither counted nor durable (the engine does so for its information log
// only).
//
// Settings, read once at program start from the environment:
//
//   MANIFOLD_FAULT_ROOT=dir      only what lies below this folder counts; unset: the shim is off
//   MANIFOLD_FAULT=count         nothing happens, calls are counted
//   MANIFOLD_FAULT=kill:CLASS:K  SIGKILL itself just before the K-th call of the class, from 1 on
//   MANIFOLD_FAULT=torn:CLASS:K  the same, but a write has written half of its bytes
//   MANIFOLD_FAULT=fail:CLASS:K:E   that call fails and does nothing; E is EIO, ENOSPC, EDQUOT,
//                                EROFS or EACCES; with a + behind it all later ones fail too
//   MANIFOLD_FAULT_PHASE=name    only calls in this phase count, see fault_phase.h
//   MANIFOLD_FAULT_ONLY=pattern  only calls on such paths count (fnmatch; * spans slashes)
//   MANIFOLD_FAULT_DROP=list     sabotage, syncs that lie: sync:PATTERN for files and
//                                dirsync:PATTERN for folders ("." is the root), separated by
//                                commas; sync@PHASE:PATTERN lies in that phase only
//   MANIFOLD_FAULT_SHADOW=dir    keep there what a power loss would leave, see sync_shadow.h and
//                                support/power_loss.h
//   MANIFOLD_FAULT_REPORT=file   counts at exit, and what was killed or failed, are appended
//   MANIFOLD_FAULT_REAL_SYNC=1   perform the syncs too: what only dies does not need them
//
// Classes: write (bytes and sizes of files), sync (fsync, fdatasync), rename (rename and link),
// create (new files and folders), remove, any. sync_file_range is let through: it is a hint that
// makes no size, no name and no disk cache safe.

// The fortified headers would define some of these functions inline.
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdarg>

#include "fault_shim/fault_calls.h"

using namespace manifolddb::test;

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));  // as POSIX says
}

// The function of that name which this file hides.
#define MANIFOLD_NEXT(name) static auto* const real = next<decltype(::name)>(#name)

mode_t mode_argument(int flags, va_list arguments) {
  const bool given = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return given ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

// Most have a second name for 64-bit offsets, the same function on this platform.
extern "C" {

// ---- open ----

#define MANIFOLD_OPEN(name)                                                                \
  int name(const char* path, int flags, ...) {                                             \
    MANIFOLD_NEXT(name);                                                                   \
    va_list arguments;                                                                     \
    va_start(arguments, flags);                                                            \
    const mode_t mode = mode_argument(flags, arguments);                                   \
    va_end(arguments);                                                                     \
    return open_fd(#name, AT_FDCWD, path, flags, [&] { return real(path, flags, mode); }); \
  }
MANIFOLD_OPEN(open)
MANIFOLD_OPEN(open64)

#define MANIFOLD_OPENAT(name)                                           \
  int name(int directory, const char* path, int flags, ...) {           \
    MANIFOLD_NEXT(name);                                                \
    va_list arguments;                                                  \
    va_start(arguments, flags);                                         \
    const mode_t mode = mode_argument(flags, arguments);                \
    va_end(arguments);                                                  \
    return open_fd(#name, directory, path, flags,                       \
                   [&] { return real(directory, path, flags, mode); }); \
  }
MANIFOLD_OPENAT(openat)
MANIFOLD_OPENAT(openat64)

#define MANIFOLD_CREAT(name)                                            \
  int name(const char* path, mode_t mode) {                             \
    MANIFOLD_NEXT(name);                                                \
    return open_fd(#name, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, \
                   [&] { return real(path, mode); });                   \
  }
MANIFOLD_CREAT(creat)
MANIFOLD_CREAT(creat64)

#define MANIFOLD_FOPEN(name)                                                 \
  FILE* name(const char* path, const char* mode) {                           \
    MANIFOLD_NEXT(name);                                                     \
    return open_stream(#name, path, mode, [&] { return real(path, mode); }); \
  }
MANIFOLD_FOPEN(fopen)
MANIFOLD_FOPEN(fopen64)

int mkstemp(char* path) {
  MANIFOLD_NEXT(mkstemp);
  return open_fd("mkstemp", AT_FDCWD, path, O_CREAT | O_EXCL, [&] { return real(path); });
}

int mkostemp(char* path, int flags) {
  MANIFOLD_NEXT(mkostemp);
  return open_fd("mkostemp", AT_FDCWD, path, O_CREAT | O_EXCL, [&] { return real(path, flags); });
}

// ---- bytes and sizes of files ----

ssize_t write(int fd, const void* data, size_t size) {
  MANIFOLD_NEXT(write);
  return change_file("write", fd, kAtCursor, size,
                     [&](std::size_t count) { return real(fd, data, count); });
}

#define MANIFOLD_PWRITE(name)                                                             \
  ssize_t name(int fd, const void* data, size_t size, off_t offset) {                     \
    MANIFOLD_NEXT(name);                                                                  \
    return change_file(#name, fd, offset, size,                                           \
                       [&](std::size_t count) { return real(fd, data, count, offset); }); \
  }
MANIFOLD_PWRITE(pwrite)
MANIFOLD_PWRITE(pwrite64)

ssize_t writev(int fd, const iovec* parts, int count) {
  MANIFOLD_NEXT(writev);
  return change_file("writev", fd, kAtCursor, total_size(parts, count), [&](std::size_t size) {
    const auto cut = first_bytes(parts, count, size);
    return real(fd, cut.data(), static_cast<int>(cut.size()));
  });
}

#define MANIFOLD_PWRITEV(name)                                                              \
  ssize_t name(int fd, const iovec* parts, int count, off_t offset) {                       \
    MANIFOLD_NEXT(name);                                                                    \
    return change_file(#name, fd, offset, total_size(parts, count), [&](std::size_t size) { \
      const auto cut = first_bytes(parts, count, size);                                     \
      return real(fd, cut.data(), static_cast<int>(cut.size()), offset);                    \
    });                                                                                     \
  }
MANIFOLD_PWRITEV(pwritev)
MANIFOLD_PWRITEV(pwritev64)

#define MANIFOLD_SENDFILE(name)                                                          \
  ssize_t name(int out, int in, off_t* offset, size_t size) noexcept {                   \
    MANIFOLD_NEXT(name);                                                                 \
    return change_file(#name, out, kAtCursor, size,                                      \
                       [&](std::size_t count) { return real(out, in, offset, count); }); \
  }
MANIFOLD_SENDFILE(sendfile)
MANIFOLD_SENDFILE(sendfile64)

ssize_t copy_file_range(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                        unsigned flags) {
  MANIFOLD_NEXT(copy_file_range);
  return change_file(
      "copy_file_range", out, out_offset == nullptr ? kAtCursor : *out_offset, size,
      [&](std::size_t count) { return real(in, in_offset, out, out_offset, count, flags); });
}

#define MANIFOLD_FTRUNCATE(name)                                                         \
  int name(int fd, off_t size) noexcept {                                                \
    MANIFOLD_NEXT(name);                                                                 \
    return change_file(#name, fd, size, 0, [&](std::size_t) { return real(fd, size); }); \
  }
MANIFOLD_FTRUNCATE(ftruncate)
MANIFOLD_FTRUNCATE(ftruncate64)

#define MANIFOLD_TRUNCATE(name)                                                               \
  int name(const char* path, off_t size) noexcept {                                           \
    MANIFOLD_NEXT(name);                                                                      \
    const auto watched = FaultState::get().watched(AT_FDCWD, path);                           \
    const auto perform = [&] { return real(path, size); };                                    \
    return watched ? cut_file(#name, *watched, static_cast<std::uint64_t>(size), -1, perform) \
                   : perform();                                                               \
  }
MANIFOLD_TRUNCATE(truncate)
MANIFOLD_TRUNCATE(truncate64)

// Reserving space changes no byte; the other modes (punching holes and the like) do.
#define MANIFOLD_FALLOCATE(name)                                                   \
  int name(int fd, int mode, off_t offset, off_t size) {                           \
    MANIFOLD_NEXT(name);                                                           \
    const bool reserves = (mode & ~FALLOC_FL_KEEP_SIZE) == 0;                      \
    return change_file(#name, fd, reserves ? kAtEnd : offset, 0,                   \
                       [&](std::size_t) { return real(fd, mode, offset, size); }); \
  }
MANIFOLD_FALLOCATE(fallocate)
MANIFOLD_FALLOCATE(fallocate64)

// Returns the error instead of setting errno.
#define MANIFOLD_POSIX_FALLOCATE(name)                                                          \
  int name(int fd, off_t offset, off_t size) {                                                  \
    MANIFOLD_NEXT(name);                                                                        \
    const int result =                                                                          \
        change_file(#name, fd, kAtEnd, 0, [&](std::size_t) { return real(fd, offset, size); }); \
    return result == -1 ? errno : result;                                                       \
  }
MANIFOLD_POSIX_FALLOCATE(posix_fallocate)
MANIFOLD_POSIX_FALLOCATE(posix_fallocate64)

// ---- syncs ----

int fsync(int fd) {
  MANIFOLD_NEXT(fsync);
  return sync_file("fsync", fd, [&] { return real(fd); });
}

int fdatasync(int fd) {
  MANIFOLD_NEXT(fdatasync);
  return sync_file("fdatasync", fd, [&] { return real(fd); });
}

// ---- names ----

int rename(const char* from, const char* to) noexcept {
  MANIFOLD_NEXT(rename);
  return move_name("rename", AT_FDCWD, from, AT_FDCWD, to, [&] { return real(from, to); });
}

int renameat(int from_fd, const char* from, int to_fd, const char* to) noexcept {
  MANIFOLD_NEXT(renameat);
  return move_name("renameat", from_fd, from, to_fd, to,
                   [&] { return real(from_fd, from, to_fd, to); });
}

int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) noexcept {
  MANIFOLD_NEXT(renameat2);
  return move_name("renameat2", from_fd, from, to_fd, to,
                   [&] { return real(from_fd, from, to_fd, to, flags); });
}

int link(const char* from, const char* to) noexcept {
  MANIFOLD_NEXT(link);
  return move_name("link", AT_FDCWD, from, AT_FDCWD, to, [&] { return real(from, to); });
}

int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) noexcept {
  MANIFOLD_NEXT(linkat);
  return move_name("linkat", from_fd, from, to_fd, to,
                   [&] { return real(from_fd, from, to_fd, to, flags); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  MANIFOLD_NEXT(mkdir);
  return make_directory("mkdir", AT_FDCWD, path, [&] { return real(path, mode); });
}

int mkdirat(int fd, const char* path, mode_t mode) noexcept {
  MANIFOLD_NEXT(mkdirat);
  return make_directory("mkdirat", fd, path, [&] { return real(fd, path, mode); });
}

char* mkdtemp(char* path) noexcept {
  MANIFOLD_NEXT(mkdtemp);
  FaultState& state = FaultState::get();
  return change_name(
      CallClass::create, "mkdtemp", state.watched(AT_FDCWD, path), static_cast<char*>(nullptr),
      [&] { return real(path); }, [&](char* made) { state.shadow->created(made); });
}

int unlink(const char* path) noexcept {
  MANIFOLD_NEXT(unlink);
  return remove_name("unlink", AT_FDCWD, path, [&] { return real(path); });
}

int unlinkat(int fd, const char* path, int flags) noexcept {
  MANIFOLD_NEXT(unlinkat);
  return remove_name("unlinkat", fd, path, [&] { return real(fd, path, flags); });
}

int rmdir(const char* path) noexcept {
  MANIFOLD_NEXT(rmdir);
  return remove_name("rmdir", AT_FDCWD, path, [&] { return real(path); });
}

int remove(const char* path) noexcept {
  MANIFOLD_NEXT(remove);
  return remove_name("remove", AT_FDCWD, path, [&] { return real(path); });
}

}  // extern "C"
