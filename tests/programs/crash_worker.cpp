// Does one kind of work on a database, for the tests that kill it meanwhile. What it may be held to
// is printed as it becomes true, one line each:
//
//   durable N    the transaction of sequence number N and all before it are on the disk
//   done         the work has returned; what it made is under its final name
//   error C WHAT the library threw Error code C; the exit code is C (100 and more: 1)
//
//   crash_worker WORK FOLDER [SOURCE]    the database is FOLDER/db; SOURCE is a backup file
//     create   makes the database and commits once
//     commits  single transactions, synced
//     threads  the same from four threads at once
//     relaxed  relaxed ones, over several log files
//     bulk     relaxed ones, then a bulk one
//     backup   writes FOLDER/backup
//     import   SOURCE into the database
//     restore  SOURCE to FOLDER/restored
//     check    opens, checks, prints the state
//
// With CRASH_WORKER_DIE=1 in the environment it kills itself when done: nothing is closed.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "fault_shim/fault_phase.h"
#include "manifolddb/backup.h"
#include "manifolddb/database.h"

namespace {

namespace fs = std::filesystem;
using namespace manifolddb;
using test::enter_phase;

constexpr int kCommits = 24;
constexpr int kThreads = 4;
constexpr int kCommitsOfAThread = 12;
constexpr int kRelaxedCommits = 6;
constexpr int kBulkEntities = 3000;
constexpr std::size_t kTextBytes = 6000;  // so that the engine writes tables between the commits

DatabaseOptions small_options() {
  DatabaseOptions options;
  options.cache_bytes = 1u << 20;
  options.write_buffer_bytes = 64u << 10;
  options.bulk_threshold_bytes = 64u << 10;
  return options;
}

// One write(2), so that a line is there wholly or not at all.
void say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::abort();
  }
}

void say_durable(SequenceNumber sequence) {
  say("durable " + std::to_string(sequence.value));
}

void done() {
  say("done");
  const char* die = std::getenv("CRASH_WORKER_DIE");
  if (die != nullptr && *die == '1') {
    ::kill(::getpid(), SIGKILL);
  }
}

std::string text_of(std::uint64_t number) {
  std::string text = "text " + std::to_string(number) + " ";
  while (text.size() < kTextBytes) {
    text += static_cast<char>('a' + (text.size() * 7 + number * 13) % 26);
  }
  return text;
}

// Every kind of change: puts, replacements, deletions with edges, metadata. The same state before
// always gives the same state after.
void change_something(WriteTransaction& transaction, std::int64_t number) {
  const EntityId made = transaction.create_entity(
      {"made", number % 2 == 0 ? "even" : "odd"},
      {{"number", Value(number)}, {"text", Value(text_of(static_cast<std::uint64_t>(number)))}});
  const EntityId other{made.value > 1 ? made.value - 1 : 1};
  transaction.create_edge(made, transaction.get_entity(other) ? other : made, "NEXT",
                          {{"number", Value(number)}});
  if (number % 5 == 4) {
    transaction.delete_entity(other);
  } else if (auto entity = transaction.get_entity(other)) {
    entity->properties["touched"] = Value(number);
    transaction.put_entity(*entity);
  }
  transaction.put_metadata("last", std::to_string(number));
}

void commit_each(Database& database, int count, Durability durability) {
  for (int i = 0; i < count; ++i) {
    WriteTransaction transaction = database.begin();
    change_something(transaction, static_cast<std::int64_t>(database.sequence_number().value) + 1);
    const SequenceNumber sequence = transaction.commit(durability);
    if (durability == Durability::synced) {
      say_durable(sequence);
    }
  }
}

void run_threads(Database& database) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&database, thread] {
      for (int i = 0; i < kCommitsOfAThread; ++i) {
        WriteTransaction transaction = database.begin();
        transaction.create_entity({"thread " + std::to_string(thread)},
                                  {{"text", Value(text_of(static_cast<std::uint64_t>(i)))}});
        say_durable(transaction.commit());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// The relaxed commits before it are durable with it: one number must not be there without those
// below.
void run_bulk(Database& database) {
  enter_phase("relaxed");
  commit_each(database, kRelaxedCommits, Durability::relaxed);
  enter_phase("bulk");
  WriteTransaction transaction = database.begin();
  EntityId previous{};
  for (int i = 0; i < kBulkEntities; ++i) {
    const EntityId made = transaction.create_entity({"bulk"}, {{"i", Value(std::int64_t{i})}});
    if (previous.value != 0) {
      transaction.create_edge(previous, made, "BULK");
    }
    previous = made;
  }
  say_durable(transaction.commit());
}

void print_state(const Database& database) {
  const CheckReport report = database.check();
  for (const CheckFinding& finding : report.findings) {
    say("finding " + finding.where + ": " + finding.what);
  }
  const DatabaseStatistics statistics = database.statistics();
  say("state " + std::to_string(statistics.sequence_number.value) + " " +
      database.digest().to_hex() + " " + statistics.content_digest.to_hex());
}

Database open_existing(const fs::path& folder) {
  enter_phase("open");
  DatabaseOptions options = small_options();
  options.create_if_missing = false;
  return Database::open(folder / "db", options);
}

void work(const std::string& name, const fs::path& folder, const fs::path& source) {
  if (name == "restore") {
    enter_phase("restore");
    backup::Options options;
    options.threads = 2;
    options.memory_limit_bytes = 32u << 20;
    backup::restore(source, folder / "restored", options);
    done();
    return;
  }
  if (name == "create") {
    enter_phase("create");
    Database database = Database::open(folder / "db", small_options());
    commit_each(database, 1, Durability::synced);
    done();
    database.close();
    return;
  }
  Database database = open_existing(folder);
  if (name == "check") {
    print_state(database);
  } else if (name == "bulk") {
    run_bulk(database);
  } else {
    enter_phase(name.c_str());
    if (name == "commits") {
      commit_each(database, kCommits, Durability::synced);
    } else if (name == "relaxed") {
      commit_each(database, kCommits, Durability::relaxed);
    } else if (name == "threads") {
      run_threads(database);
    } else if (name == "backup") {
      backup::ExportOptions export_options;
      export_options.threads = 2;
      export_options.compression = backup::Compression::zstd;
      backup::export_full(database, folder / "backup", export_options);
    } else if (name == "import") {
      backup::ImportOptions import_options;
      import_options.threads = 2;
      import_options.on_conflict = backup::OnConflict::overwrite;
      say_durable(backup::import(database, source, import_options).sequence_number);
    } else {
      throw Error(ErrorCode::usage, "no such work: " + name);
    }
  }
  done();
  enter_phase("close");
  database.close();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    work(argv[1], argv[2], argc > 3 ? argv[3] : "");
    return 0;
  } catch (const Error& error) {
    constexpr int kFirstWithoutExitCode = 100;
    const int code = static_cast<int>(error.code());
    say("error " + std::to_string(code) + " " + error.what());
    return code >= kFirstWithoutExitCode ? 1 : code;
  }
}
