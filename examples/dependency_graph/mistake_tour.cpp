#include "mistake_tour.h"

#include <array>
#include <cstdio>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "manifolddb/archive.h"
#include "manifolddb/history.h"
#include "manifolddb/repository.h"

namespace example {

namespace backup = manifolddb::backup;
using manifolddb::ContentDigest;
using manifolddb::Database;
using manifolddb::EntityId;
using manifolddb::SequenceNumber;
using std::chrono::steady_clock;

namespace {

constexpr int kTransactionsAround = 20;  // before the mistake, and as many behind it

// What a person would type. Its output is shown.
void run_command(const TourFiles& files, const std::string& arguments) {
  std::cout << "   $ manifold " << arguments << std::endl;
  const std::string command = "cd '" + files.directory.string() + "' && '" +
                              files.command.string() + "' " + arguments + " 2>&1";
  FILE* const output = ::popen(command.c_str(), "r");
  require(output != nullptr, "that command could not be started");
  std::array<char, 1024> line;
  while (std::fgets(line.data(), static_cast<int>(line.size()), output) != nullptr) {
    std::cout << "     " << line.data();
  }
  require(::pclose(output) == 0, "that command failed");
}

void commit_some_downloads(Database& database) {
  for (int i = 0; i < kTransactionsAround; ++i) {
    auto transaction = database.begin();
    const EntityId download = transaction.create_entity({"Download"});
    EntityId package;  // the first that is there
    if (transaction.iter_entities_with_label("Package").next(package)) {
      transaction.create_edge(download, package, "OF");
    }
    transaction.commit();
  }
}

std::vector<EntityId> packages_of_section(const manifolddb::Transaction& graph,
                                          const std::string& name) {
  std::vector<EntityId> packages;
  manifolddb::EntityIdCursor sections = graph.iter_entities_with_label("Section");
  for (EntityId id; sections.next(id);) {
    const auto section = graph.get_entity(id);
    if (section->properties.at("name") != manifolddb::Value(name)) continue;
    manifolddb::EdgeCursor edges = graph.get_incoming_edges(id, "IN_SECTION");
    for (manifolddb::Edge edge; edges.next(edge);) packages.push_back(edge.source);
  }
  return packages;
}

SequenceNumber make_the_mistake(Database& database, const std::string& section) {
  auto transaction = database.begin();
  const std::vector<EntityId> packages = packages_of_section(transaction, section);
  require(!packages.empty(), "there is no package in the section " + section);
  for (const EntityId package : packages) transaction.delete_entity(package);
  const SequenceNumber at = transaction.commit();
  std::cout << "   " << grouped(packages.size()) << " packages of the section '" << section
            << "' were deleted by mistake, among " << 2 * kTransactionsAround
            << " other transactions\n";
  return at;
}

// The transaction that deleted most.
SequenceNumber find_the_mistake(const backup::Repository& repository) {
  SequenceNumber worst;
  std::uint64_t most = 0;
  backup::for_each_transaction(repository, std::nullopt, {},
                               [&](const backup::HistoryEntry& entry) {
                                 if (entry.counts.entities.deleted > most) {
                                   most = entry.counts.entities.deleted;
                                   worst = entry.first;
                                 }
                                 return true;
                               });
  return worst;
}

ContentDigest digest_at(const Database& database, SequenceNumber sequence) {
  std::optional<ContentDigest> digest;
  database.for_each_commit(sequence, sequence, [&digest](const manifolddb::CommitRecord& commit) {
    digest = commit.content_digest;
    return false;
  });
  require(digest.has_value(), "the log lacks a transaction");
  return *digest;
}

// Digests are sums over the records, so what a transaction did can be taken out of one.
ContentDigest without(const ContentDigest& digest, const ContentDigest& after,
                      const ContentDigest& before) {
  __extension__ using Number = unsigned __int128;
  const auto number = [](const ContentDigest& d) { return Number{d.high} << 64 | d.low; };
  const Number sum = number(digest) - number(after) + number(before);
  return {static_cast<std::uint64_t>(sum >> 64), static_cast<std::uint64_t>(sum)};
}

void restore_the_moment_before(const TourFiles& files, SequenceNumber mistake) {
  const std::string before = std::to_string(mistake.value - 1);
  run_command(files, "restore repository before.manifold --to seq:" + before);
  const ContentDigest expected =
      digest_at(Database::open_read_only(files.database), {mistake.value - 1});
  const ContentDigest restored =
      Database::open_read_only(files.directory / "before.manifold").digest();
  std::string label = "digest of transaction " + before;
  label.resize(32, ' ');
  std::cout << "   " << label << expected.to_hex() << "\n   digest of the restored records  "
            << restored.to_hex() << "\n";
  require(restored == expected, "the restored database is not the state before the mistake");
}

void undo_in_the_live_database(const TourFiles& files, SequenceNumber mistake) {
  ContentDigest expected;
  {
    const Database database = Database::open_read_only(files.database);
    expected = without(database.statistics().content_digest, digest_at(database, mistake),
                       digest_at(database, {mistake.value - 1}));
  }
  const std::string database = files.database.filename().string();
  run_command(files,
              "undo " + database + " --seq " + std::to_string(mistake.value) + " -o undo.jsonl");
  run_command(files, "apply " + database + " undo.jsonl");
  const ContentDigest undone = Database::open_read_only(files.database).digest();
  std::cout << "   digest as if it had not been    " << expected.to_hex()
            << "\n   digest of the records now       " << undone.to_hex() << "\n";
  require(undone == expected, "undo did not take the mistake back");
}

}  // namespace

void make_and_undo_a_mistake(const TourFiles& files, const std::string& section) {
  const std::filesystem::path repository = files.directory / "repository";
  SequenceNumber mistake;
  {
    Database database = Database::open(files.database);
    const auto start = steady_clock::now();
    backup::Archiver archiver = backup::archive_to(database, {repository});
    require(archiver.archive_now(std::chrono::minutes(2)), "the archive was not begun");
    std::cout << "   every transaction is archived now, beginning with a full backup ("
              << seconds_since(start) << ")\n";
    commit_some_downloads(database);
    mistake = make_the_mistake(database, section);
    commit_some_downloads(database);
    require(archiver.archive_now(std::chrono::minutes(2)), "the archive is not complete");
  }
  const std::string before = std::to_string(mistake.value - 1);
  const std::string at = std::to_string(mistake.value);
  std::cout << "8. Find it, and see what it did" << std::endl;
  require(find_the_mistake(backup::Repository::open(repository)) == mistake,
          "the log does not show the mistake");
  run_command(files,
              "log repository --from " + before + " --to " + std::to_string(mistake.value + 1));
  run_command(files, "diff repository@seq:" + before + " repository@seq:" + at + " --stat");
  std::cout << "9. Restore the moment before it" << std::endl;
  restore_the_moment_before(files, mistake);
  std::cout << "10. Or undo it in the live database, keeping what came later" << std::endl;
  undo_in_the_live_database(files, mistake);
}

}  // namespace example
