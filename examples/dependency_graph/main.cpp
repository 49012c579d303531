// What ManifoldDB does, shown on the dependency graph of the Debian archive, which every Debian
// machine has after `apt-get update`:
//
//   debian_archive [--input FILE|-] [--library NAME] [--section NAME] [--command MANIFOLD]
//   DIRECTORY
//
// Stores the archive as a graph in DIRECTORY, backs it up while a second thread goes on writing,
// verifies the backup, damages copies of it, restores it, proves that the restored graph is the
// same, and asks it what would break if a library went away. Then it archives every transaction,
// makes a mistake, finds it, restores the moment before it, and undoes it in the live database.
// Without --input it reads what `apt-cache dumpavail` prints; --command is the `manifold` to run
// (default: the one above this program's folder). Exits 0 only when everything came out as it must.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

#include "backup_tour.h"
#include "mistake_tour.h"
#include "package_graph.h"
#include "what_breaks.h"

namespace example {
namespace {

using manifolddb::Database;
using std::chrono::steady_clock;

struct Arguments {
  std::string input;  // empty: run apt-cache
  std::string library = "libssl3";
  std::string section = "games";
  std::filesystem::path command;
  std::filesystem::path directory;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  arguments.command = std::filesystem::absolute(argv[0]).parent_path().parent_path() / "manifold";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--input" && has_value) {
      arguments.input = argv[++i];
    } else if (word == "--library" && has_value) {
      arguments.library = argv[++i];
    } else if (word == "--section" && has_value) {
      arguments.section = argv[++i];
    } else if (word == "--command" && has_value) {
      arguments.command = std::filesystem::absolute(argv[++i]);
    } else if (arguments.directory.empty() && word[0] != '-') {
      arguments.directory = word;
    } else {
      throw std::runtime_error(
          "usage: debian_archive [--input FILE|-] [--library NAME] "
          "[--section NAME] [--command MANIFOLD] DIRECTORY");
    }
  }
  if (arguments.directory.empty()) throw std::runtime_error("which directory? None was given");
  return arguments;
}

// The output of a program as a stream.
class ProgramOutput final : private std::streambuf, public std::istream {
 public:
  explicit ProgramOutput(const char* command)
      : std::istream(this), pipe_(::popen(command, "r"), &::pclose) {
    if (!pipe_) throw std::runtime_error(std::string("cannot run ") + command);
  }

 private:
  std::streambuf::int_type underflow() override {
    const std::size_t n = std::fread(buffer_.data(), 1, buffer_.size(), pipe_.get());
    setg(buffer_.data(), buffer_.data(), buffer_.data() + n);
    return n == 0 ? std::streambuf::traits_type::eof()
                  : std::streambuf::traits_type::to_int_type(buffer_[0]);
  }
  std::vector<char> buffer_ = std::vector<char>(1 << 16);
  std::unique_ptr<FILE, int (*)(FILE*)> pipe_;
};

std::unique_ptr<std::istream> open_archive(const std::string& input) {
  if (input.empty()) return std::make_unique<ProgramOutput>("apt-cache dumpavail");
  if (input == "-") return std::make_unique<std::istream>(std::cin.rdbuf());
  auto file = std::make_unique<std::ifstream>(input);
  if (!*file) throw std::runtime_error("cannot read " + input);
  return file;
}

void store(Database& database, const Arguments& arguments) {
  const auto start = steady_clock::now();
  const GraphSummary summary = store_archive(database, *open_archive(arguments.input));
  if (summary.packages == 0) {
    throw std::runtime_error(
        "there is no package in the input: the package lists of this machine are empty.\n"
        "Fetch them with `apt-get update` (as root) and start again.");
  }
  const auto statistics = database.statistics();
  std::cout << "   " << grouped(summary.packages) << " packages, "
            << grouped(summary.virtual_packages) << " names that are no package, "
            << grouped(summary.sections) << " sections, " << grouped(summary.relations)
            << " relations, in " << seconds_since(start) << "\n  ";
  for (const auto& [edge_type, count] : summary.relations_by_type) {
    std::cout << " " << edge_type << " " << grouped(count);
  }
  std::cout << "\n   seq " << statistics.sequence_number.value << ", content digest "
            << statistics.content_digest.to_hex() << ", "
            << megabytes(statistics.table_bytes + statistics.log_bytes) << " on the disk\n";
}

void ask(const TourFiles& files, const std::string& library) {
  const Database database = Database::open_read_only(files.restored);
  const auto graph = database.begin_read();
  const auto lost = find_package(graph, library);
  if (!lost) throw std::runtime_error("there is no package " + library);
  const auto start = steady_clock::now();
  const Breakage breakage = what_breaks(graph, *lost);
  std::cout << "   " << grouped(breakage.direct.size()) << " packages need it themselves, "
            << grouped(breakage.transitive.size()) << " more through others (found in "
            << seconds_since(start) << ")\n   for example:";
  const std::size_t step = breakage.transitive.size() / 8 + 1;
  for (std::size_t i = 0; i < breakage.transitive.size(); i += step) {
    std::cout << " " << name_of(graph, breakage.transitive[i]);
  }
  std::cout << "\n";
}

void run(const Arguments& arguments) {
  const auto start = steady_clock::now();
  TourFiles files(arguments.directory);
  files.command = arguments.command;
  std::filesystem::create_directories(arguments.directory);
  manifolddb::backup::BackupSummary summary;
  {
    Database database = Database::open(files.database);
    if (database.sequence_number().value != 0) {
      throw std::runtime_error(files.database.string() +
                               " is from an earlier run: remove it first");
    }
    std::cout << "1. The archive becomes a graph" << std::endl;
    store(database, arguments);
    std::cout << "2. A full backup, while a second thread goes on writing" << std::endl;
    summary = back_up_while_writing(database, files);
  }
  std::cout << "3. Verify the backup" << std::endl;
  verify_backup(files);
  std::cout << "4. Damage two copies of it" << std::endl;
  show_damages(files);
  std::cout << "5. Restore it, and prove that nothing is missing" << std::endl;
  restore_and_prove(files, summary);
  std::cout << "6. Ask the restored graph: what could not be installed without "
            << arguments.library << "?" << std::endl;
  ask(files, arguments.library);
  std::cout << "7. Archive every transaction, and make a mistake" << std::endl;
  make_and_undo_a_mistake(files, arguments.section);
  std::cout
      << "Result: stored, backed up while written to, verified, restored, proved equal, and a "
         "mistake taken back in two ways, in "
      << seconds_since(start) << ". The files are in " << arguments.directory.string() << ".\n";
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
  try {
    example::run(example::parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
