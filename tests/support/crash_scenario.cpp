#include "support/crash_scenario.h"

#include <signal.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "manifolddb/backup.h"

namespace manifolddb::test {
namespace {
namespace fs = std::filesystem;

// A backup of several blocks.
constexpr int kBulksToBackUp = 4;

bool uses_source(const std::string& work) {
  return work == "restore" || work == "import";
}

DatabaseOptions existing_only() {
  DatabaseOptions options;
  options.create_if_missing = false;
  options.cache_bytes = 1u << 20;
  return options;
}

std::string text_of(SequenceNumber sequence) {
  return std::to_string(sequence.value);
}

// Data, indexes, counters and digest of an open database agree with each other.
void check_content(const Database& database, const std::string& name, Violations& violations) {
  const CheckReport report = database.check();
  for (const CheckFinding& finding : report.findings) {
    violations.push_back(name + ": check finds " + finding.where + ": " + finding.what);
  }
  if (database.digest() != database.statistics().content_digest) {
    violations.push_back(name + ": the digest is not that of its content");
  }
}

}  // namespace

struct CrashScenario::Promises {
  std::uint64_t durable = 0;
  bool done = false;
  int error = 0;  // of the Error that ended it
};

CrashScenario::CrashScenario(std::string worker, std::string work, std::string phase)
    : worker_(std::move(worker)),
      work_(std::move(work)),
      phase_(std::move(phase)),
      template_folder_(temp_ / "template"),
      source_(temp_ / "source"),
      folder_(temp_ / "run"),
      shadow_(temp_ / "shadow") {
  prepare();
  learn();
}

// The worker itself makes what it starts from, unhurt.
void CrashScenario::prepare() {
  const auto make = [&](const std::string& work, const fs::path& folder) {
    const FaultOutcome outcome = run(work, folder, {}, false);
    if (outcome.command.exit_code != 0) {
      throw std::runtime_error("preparing " + work + ": " + outcome.describe());
    }
  };
  fs::create_directory(template_folder_);
  if (work_ != "create" && work_ != "restore") {
    make("create", template_folder_);
    make("commits", template_folder_);
  }
  if (work_ == "backup") {
    for (int i = 0; i < kBulksToBackUp; ++i) {
      make("bulk", template_folder_);
    }
  }
  if (uses_source(work_)) {
    const fs::path other = temp_ / "other";
    fs::create_directory(other);
    make("create", other);
    make("bulk", other);
    make("backup", other);
    fs::rename(other / "backup", source_);
    source_digest_ = Database::open(other / "db", existing_only()).digest();
  }
}

void CrashScenario::learn() {
  start_over();
  const FaultOutcome outcome = run(work_, folder_, {}, false);
  if (outcome.command.exit_code != 0) {
    throw std::runtime_error("undisturbed run of " + work_ + ": " + outcome.describe());
  }
  counts_ = outcome.counts;
  if (work_ == "restore") {
    return;
  }
  if (work_ != "create") {
    first_sequence_ =
        Database::open(template_folder_ / "db", existing_only()).sequence_number().value;
  }
  const Database database = Database::open(folder_ / "db", existing_only());
  // Which thread comes first differs from run to run, and so does what a number stands for.
  const SequenceNumber last{work_ == "threads" ? first_sequence_
                                               : database.sequence_number().value};
  database.for_each_commit(SequenceNumber{1}, last, [&](const CommitRecord& commit) {
    digests_[commit.sequence_number.value] = commit.content_digest;
    return true;
  });
}

void CrashScenario::start_over() {
  fs::remove_all(folder_);
  fs::remove_all(shadow_);
  fs::copy(template_folder_, folder_, fs::copy_options::recursive);
}

std::uint64_t CrashScenario::count(const std::string& call_class) const {
  const auto found = counts_.find({phase_, call_class});
  return found == counts_.end() ? 0 : found->second;
}

FaultOutcome CrashScenario::run(const std::string& work, const fs::path& folder,
                                FaultSettings settings, bool die) const {
  settings.root = folder;
  std::vector<std::string> arguments = {worker_, work, folder.string()};
  if (uses_source(work)) {
    arguments.push_back(source_.string());
  }
  CommandOptions options;
  options.environment.emplace_back("CRASH_WORKER_DIE", die ? "1" : "0");
  return run_with_faults(arguments, settings, options);
}

FaultOutcome CrashScenario::crash(const std::string& call_class, std::uint64_t number,
                                  const std::string& drop) {
  start_over();
  FaultSettings settings;
  settings.shadow = shadow_;
  settings.drop = drop;
  if (number != 0) {
    settings.fault = "kill:" + call_class + ":" + std::to_string(number);
    settings.phase = phase_;
  }
  return run(work_, folder_, settings, phase_ != "close");
}

FaultOutcome CrashScenario::fail(const std::string& call_class, std::uint64_t number,
                                 const std::string& error) {
  start_over();
  FaultSettings settings;
  settings.fault = "fail:" + call_class + ":" + std::to_string(number) + ":" + error;
  settings.phase = phase_;
  return run(work_, folder_, settings, false);
}

CrashScenario::Promises CrashScenario::promises_of(const FaultOutcome& outcome) {
  Promises promises;
  std::istringstream lines(outcome.command.out);
  for (std::string word; lines >> word;) {
    if (word == "durable") {
      std::uint64_t sequence = 0;
      lines >> sequence;
      promises.durable = std::max(promises.durable, sequence);
    } else if (word == "done") {
      promises.done = true;
    } else if (word == "error") {
      lines >> promises.error;
      std::getline(lines, word);
    }
  }
  return promises;
}

Violations CrashScenario::after_kill(const FaultOutcome& outcome) {
  return check(folder_, promises_of(outcome));
}

Violations CrashScenario::after_power_loss(const FaultOutcome& outcome, const PowerLoss& loss) {
  const fs::path rest = temp_ / "rest";
  fs::remove_all(rest);
  reconstruct_after_power_loss(shadow_, folder_, rest, loss);
  return check(rest, promises_of(outcome));
}

Violations CrashScenario::check(const fs::path& folder, const Promises& promises) const {
  Violations violations;
  try {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name != "db" && name != "backup" && name != "restored" && name[0] != '.') {
        violations.push_back("a temporary file stands under a name of its own: " + name);
      }
    }
    if (work_ == "restore") {
      check_restored(folder / "restored", promises, violations);
      return violations;
    }
    check_database(folder / "db", promises, violations);
    if (work_ == "backup") {
      check_backup(folder / "backup", promises, violations);
    }
  } catch (const Error& error) {
    violations.push_back(std::string("error ") + std::to_string(static_cast<int>(error.code())) +
                         ": " + error.what());
  }
  return violations;
}

void CrashScenario::check_database(const fs::path& path, const Promises& promises,
                                   Violations& violations) const {
  DatabaseOptions options = existing_only();
  // What was being created is either not there, or there, or completed by the next creation.
  options.create_if_missing = work_ == "create" && promises.durable == 0;
  Database database = Database::open(path, options);
  const std::uint64_t sequence = database.sequence_number().value;
  if (sequence < std::max(promises.durable, first_sequence_)) {
    violations.push_back("a durable transaction is lost: the database is at " +
                         std::to_string(sequence) + ", " + std::to_string(promises.durable) +
                         " was reported durable, " + std::to_string(first_sequence_) +
                         " was there before");
  }
  check_content(database, "database", violations);
  if (work_ != "threads" && sequence > 0 && digests_.count(sequence) == 0) {
    violations.push_back("a sequence number that no run gives: " + std::to_string(sequence));
  }
  std::uint64_t expected = 1;
  database.for_each_commit(
      SequenceNumber{1}, SequenceNumber{sequence}, [&](const CommitRecord& commit) {
        const auto digest = digests_.find(commit.sequence_number.value);
        if (commit.sequence_number.value != expected++) {
          violations.push_back("a hole before commit " + text_of(commit.sequence_number));
        } else if (digest != digests_.end() && digest->second != commit.content_digest) {
          violations.push_back("commit " + text_of(commit.sequence_number) +
                               " is neither the state before nor the one after");
        }
        return true;
      });
  if (expected != sequence + 1) {
    violations.push_back("the commits end at " + std::to_string(expected - 1) +
                         ", the database at " + std::to_string(sequence));
  }
  // It goes on from there.
  WriteTransaction transaction = database.begin();
  transaction.put_metadata("after the crash", "written");
  if (const SequenceNumber next = transaction.commit(); next.value != sequence + 1) {
    violations.push_back("the next commit is " + text_of(next) + " after " +
                         std::to_string(sequence));
  }
  database.close();
}

void CrashScenario::check_backup(const fs::path& file, const Promises& promises,
                                 Violations& violations) const {
  if (!fs::exists(file)) {
    if (promises.done) {
      violations.push_back("the finished backup is gone");
    }
    return;
  }
  const backup::VerifyReport report = backup::verify(file);
  for (const backup::Damage& damage : report.damages) {
    violations.push_back("half a backup under its final name: line " +
                         std::to_string(damage.first_line) + ": " + damage.what);
  }
  if (report.summary.sequence_number.value != first_sequence_ ||
      report.summary.content_digest != digests_.at(first_sequence_)) {
    violations.push_back("the backup is of another state, sequence " +
                         text_of(report.summary.sequence_number));
  }
}

void CrashScenario::check_restored(const fs::path& path, const Promises& promises,
                                   Violations& violations) const {
  if (!fs::exists(path)) {
    if (promises.done) {
      violations.push_back("the finished restore is gone");
    }
    // What was left behind does not stand in the way of the next try.
    backup::restore(source_, path);
  }
  const Database database = Database::open(path, existing_only());
  check_content(database, "restored database", violations);
  if (database.digest() != source_digest_) {
    violations.push_back("half a database under its final name: its digest is not the source's");
  }
}

Violations CrashScenario::after_failure(const FaultOutcome& outcome) {
  const Promises promises = promises_of(outcome);
  Violations violations;
  const int code = outcome.command.exit_code;
  const bool fits = code == 0 ? promises.done && promises.error == 0
                              : code == static_cast<int>(ErrorCode::failed) ||
                                    code == static_cast<int>(ErrorCode::outcome_unknown) ||
                                    code == static_cast<int>(ErrorCode::no_space);
  if (!fits) {
    violations.push_back("exit code " + std::to_string(code));
  }
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string()[0] == '.') {
      violations.push_back("a temporary file is left: " + entry.path().filename().string());
    }
  }
  if (code != 0 && work_ == "restore" && fs::exists(folder_ / "restored")) {
    violations.push_back("a failed restore left something at its target");
  }
  if (code != 0 && work_ == "backup" && fs::exists(folder_ / "backup")) {
    violations.push_back("a failed backup left something under its name");
  }
  if (work_ == "commits" && code != 0 && violations.empty()) {
    const std::uint64_t before = std::max(promises.durable, first_sequence_);
    const std::uint64_t found =
        Database::open(folder_ / "db", existing_only()).sequence_number().value;
    const bool unknown = code == static_cast<int>(ErrorCode::outcome_unknown);
    if (found != before && !(unknown && found == before + 1)) {
      violations.push_back("exit " + std::to_string(code) + " after " + std::to_string(before) +
                           ", but the database is at " + std::to_string(found));
    }
  }
  for (std::string& violation : check(folder_, promises)) {
    violations.push_back(std::move(violation));
  }
  return violations;
}

std::vector<std::uint64_t> sample(std::uint64_t count, std::uint64_t all_below,
                                  std::uint64_t sampled) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = 1; number <= std::min(count, all_below); ++number) {
    numbers.push_back(number);
  }
  if (count > all_below) {
    const std::uint64_t rest = count - all_below;
    const std::uint64_t taken = std::min(rest, sampled);
    for (std::uint64_t i = 1; i <= taken; ++i) {
      numbers.push_back(all_below + rest * i / taken);
    }
  }
  return numbers;
}

}  // namespace manifolddb::test
