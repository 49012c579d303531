// Commits while it archives, for the tests that take its power meanwhile:
//
//   archive_worker FOLDER    the database is FOLDER/db, the repository FOLDER/repository
//
// Relaxed, synced and archived commits in turn. Prints, one line each, what it may be held to:
//
//   based N      the archive begins, with a backup at N or before
//   synced N     transaction N is on the disk
//   archived N   transaction N is in the repository
//   done
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "fault_shim/fault_phase.h"
#include "manifolddb/archive.h"
#include "manifolddb/database.h"

namespace {

using namespace manifolddb;

constexpr int kCommits = 36;

// One write(2), so that a line is there wholly or not at all.
void say(const std::string& what, SequenceNumber sequence) {
  const std::string text = what + " " + std::to_string(sequence.value) + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::abort();
  }
}

SequenceNumber commit(Database& database, Durability durability) {
  WriteTransaction transaction = database.begin();
  const EntityId made = transaction.create_entity({"Made"}, {{"text", std::string(3000, 'a')}});
  transaction.create_edge(made, EntityId{1}, "TO");
  return transaction.commit(durability);
}

void run(const std::filesystem::path& folder) {
  test::enter_phase("opening");
  DatabaseOptions options;
  options.write_buffer_bytes = 64u << 10;  // so that log files come and go
  Database database = Database::open(folder / "db", options);
  say("synced", commit(database, Durability::synced));
  test::enter_phase("basing");
  backup::ArchiveOptions archive;
  archive.interval = std::chrono::milliseconds(20);
  archive.backup_options.threads = 1;
  backup::Archiver archiver = backup::archive_to(database, {folder / "repository"}, archive);
  if (!archiver.archive_now(std::chrono::minutes(1))) std::abort();
  say("based", database.sequence_number());
  test::enter_phase("archiving");
  for (int i = 0; i < kCommits; ++i) {
    switch (i % 4) {
      case 0:
      case 1:
        commit(database, Durability::relaxed);
        break;
      case 2:
        say("synced", commit(database, Durability::synced));
        break;
      default:
        say("archived", commit(database, Durability::archived));
    }
  }
  say("done", database.sequence_number());
  test::enter_phase("closing");
  archiver.stop();
  database.close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    run(argv[1]);
    return 0;
  } catch (const Error& error) {
    std::cout << "error " << error.what() << std::endl;
    return 1;
  }
}
