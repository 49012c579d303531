// Performs file operations given as arguments, one after the other, below the folder given first.
// The tests of the fault shim use it to do exactly one thing at a time. Prints a line for each
// operation: "ok" or the name of the error.
//
//   write:NAME:TEXT   create or empty, write, close      append:NAME:TEXT
//   at:NAME:OFFSET:TEXT  overwrite in place               cut:NAME:SIZE
//   stream:NAME:TEXT  the same through std::ofstream      copy:FROM:TO  std::filesystem::copy_file
//   sync:NAME  datasync:NAME  dirsync:NAME                rename:FROM:TO  link:FROM:TO
//   mkdir:NAME  rmdir:NAME  unlink:NAME  remove_all:NAME  phase:NAME  die
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "fault_shim/fault_phase.h"

namespace {
namespace fs = std::filesystem;

using Words = std::vector<std::string>;

class Descriptor {
 public:
  Descriptor(const std::string& name, int flags) : fd_(::open(name.c_str(), flags, 0644)) {
    check(fd_);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

  static void check(long result) {
    if (result < 0) {
      throw std::system_error(errno, std::generic_category());
    }
  }

 private:
  int fd_;
};

void write_text(const Descriptor& file, const std::string& text) {
  Descriptor::check(::write(file.get(), text.data(), text.size()));
}

bool change_bytes(const Words& words) {
  const std::string& operation = words[0];
  if (operation == "write") {
    write_text(Descriptor(words.at(1), O_WRONLY | O_CREAT | O_TRUNC), words.at(2));
  } else if (operation == "append") {
    write_text(Descriptor(words.at(1), O_WRONLY | O_CREAT | O_APPEND), words.at(2));
  } else if (operation == "at") {
    const Descriptor file(words.at(1), O_WRONLY);
    const std::string& text = words.at(3);
    Descriptor::check(::pwrite(file.get(), text.data(), text.size(), std::stol(words.at(2))));
  } else if (operation == "cut") {
    Descriptor::check(::truncate(words.at(1).c_str(), std::stol(words.at(2))));
  } else if (operation == "stream") {
    std::ofstream out(words.at(1));
    if (!(out << words.at(2)).flush()) {
      throw std::system_error(errno, std::generic_category());
    }
  } else if (operation == "copy") {
    fs::copy_file(words.at(1), words.at(2));
  } else {
    return false;
  }
  return true;
}

bool change_names(const Words& words) {
  const std::string& operation = words[0];
  if (operation == "rename") {
    Descriptor::check(::rename(words.at(1).c_str(), words.at(2).c_str()));
  } else if (operation == "link") {
    Descriptor::check(::link(words.at(1).c_str(), words.at(2).c_str()));
  } else if (operation == "mkdir") {
    fs::create_directory(words.at(1));
  } else if (operation == "rmdir") {
    Descriptor::check(::rmdir(words.at(1).c_str()));
  } else if (operation == "unlink") {
    Descriptor::check(::unlink(words.at(1).c_str()));
  } else if (operation == "remove_all") {
    fs::remove_all(words.at(1));
  } else {
    return false;
  }
  return true;
}

bool sync(const Words& words) {
  const std::string& operation = words[0];
  if (operation == "sync") {
    Descriptor::check(::fsync(Descriptor(words.at(1), O_RDONLY).get()));
  } else if (operation == "datasync") {
    Descriptor::check(::fdatasync(Descriptor(words.at(1), O_RDONLY).get()));
  } else if (operation == "dirsync") {
    Descriptor::check(::fsync(Descriptor(words.at(1), O_RDONLY | O_DIRECTORY).get()));
  } else {
    return false;
  }
  return true;
}

void perform(const Words& words) {
  if (words[0] == "phase") {
    manifolddb::test::enter_phase(words.at(1).c_str());
  } else if (words[0] == "die") {
    ::kill(::getpid(), SIGKILL);
  } else if (!change_bytes(words) && !change_names(words) && !sync(words)) {
    throw std::invalid_argument("unknown operation " + words[0]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  fs::current_path(argv[1]);
  for (int i = 2; i < argc; ++i) {
    Words words;
    std::istringstream argument(argv[i]);
    for (std::string word; std::getline(argument, word, ':');) {
      words.push_back(word);
    }
    try {
      perform(words);
      std::cout << "ok" << std::endl;
    } catch (const std::system_error& error) {
      std::cout << strerrorname_np(error.code().value()) << std::endl;
    } catch (const std::exception& error) {
      std::cerr << argv[i] << ": " << error.what() << std::endl;
      return 2;
    }
  }
  return 0;
}
