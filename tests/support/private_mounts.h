// Mounts that only this process sees.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace manifolddb::test {

// From now on this process may mount. Needs the right to do so in a namespace of its own, which
// root has, and others on most systems; and that there is one thread only.
inline bool enter_private_mounts() {
  const auto user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  if (user != "0") {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " + user + " 1";
    std::ofstream("/proc/self/gid_map") << "0 " + group + " 1";
  } else if (::unshare(CLONE_NEWNS) != 0) {
    return false;
  }
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// Something over `folder`, until the end of its life.
class Mount {
 public:
  // A small file system.
  static Mount small_disk(const std::filesystem::path& folder, const std::string& size) {
    const std::string options = "size=" + size;
    return Mount(folder, ::mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) == 0);
  }
  // The folder itself, to be read only. Whoever has files of it open for writing keeps them.
  static Mount read_only(const std::filesystem::path& folder) {
    const bool bound = ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) == 0;
    return Mount(folder, bound && ::mount(nullptr, folder.c_str(), nullptr,
                                          MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
  }
  ~Mount() { ::umount2(folder_.c_str(), MNT_DETACH); }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  bool ok() const { return ok_; }

 private:
  Mount(std::filesystem::path folder, bool ok) : folder_(std::move(folder)), ok_(ok) {}
  std::filesystem::path folder_;
  bool ok_;
};

}  // namespace manifolddb::test
