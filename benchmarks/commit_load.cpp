// An application that commits as fast as it can, for measuring what goes on beside it:
//
//   commit_load DB SECONDS [--threads N] [--durability synced|relaxed|archived] [--entities N]
//
// Makes DB where nothing is, with N entities to begin with. Every transaction updates one entity
// and adds an edge. Prints one line: commits, seconds, commits a second, and the last sequence
// number.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "manifolddb/database.h"

namespace {

using manifolddb::Database;
using manifolddb::Durability;
using manifolddb::EntityId;
using manifolddb::WriteTransaction;
using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string database;
  double seconds = 0;
  unsigned threads = 1;
  Durability durability = Durability::synced;
  std::uint64_t entities = 100'000;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  std::vector<std::string> plain;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      plain.push_back(word);
      continue;
    }
    if (i + 1 == argc) throw std::runtime_error(word + " needs a value");
    const std::string value = argv[++i];
    if (word == "--threads") {
      arguments.threads = static_cast<unsigned>(std::stoul(value));
    } else if (word == "--entities") {
      arguments.entities = std::stoull(value);
    } else if (word == "--durability" && value == "synced") {
      arguments.durability = Durability::synced;
    } else if (word == "--durability" && value == "relaxed") {
      arguments.durability = Durability::relaxed;
    } else if (word == "--durability" && value == "archived") {
      arguments.durability = Durability::archived;
    } else {
      throw std::runtime_error("what is " + word + " " + value + "?");
    }
  }
  if (plain.size() != 2) throw std::runtime_error("usage: commit_load DB SECONDS [options]");
  arguments.database = plain[0];
  arguments.seconds = std::stod(plain[1]);
  return arguments;
}

void fill(Database& database, std::uint64_t entities) {
  if (database.sequence_number().value != 0) return;
  WriteTransaction transaction = database.begin();
  for (std::uint64_t i = 0; i < entities; ++i) {
    transaction.create_entity(
        {"Account"}, {{"name", "account " + std::to_string(i)}, {"balance", std::int64_t{0}}});
  }
  transaction.commit();
}

void commit_one(Database& database, std::mt19937_64& random, const Arguments& arguments) {
  const auto pick = [&] { return EntityId{random() % arguments.entities + 1}; };
  WriteTransaction transaction = database.begin();
  const EntityId from = pick();
  auto entity = transaction.get_entity(from).value();
  entity.properties["balance"] = static_cast<std::int64_t>(random() % 1'000'000);
  transaction.put_entity(entity);
  transaction.create_edge(from, pick(), "PAID",
                          {{"amount", static_cast<std::int64_t>(random() % 1000)}});
  transaction.commit(arguments.durability);
}

void run(const Arguments& arguments) {
  Database database = Database::open(arguments.database);
  fill(database, arguments.entities);
  std::atomic<std::uint64_t> commits{0};
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(arguments.seconds);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < arguments.threads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t + 1);
      try {
        while (Clock::now() < end) {
          commit_one(database, random, arguments);
          ++commits;
        }
      } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        std::exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("commits %llu  seconds %.2f  commits/s %.0f  seq %llu\n",
              static_cast<unsigned long long>(commits.load()), seconds,
              static_cast<double>(commits.load()) / seconds,
              static_cast<unsigned long long>(database.sequence_number().value));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
