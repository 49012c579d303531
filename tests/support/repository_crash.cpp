#include "support/repository_crash.h"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "manifolddb/archive.h"
#include "manifolddb/database.h"
#include "manifolddb/repository.h"

namespace manifolddb::test {

namespace fs = std::filesystem;
using backup::Repository;
using backup::RepositoryBackupOptions;

namespace {

constexpr std::uint64_t kEntities = 200;

void commit_some(Database& database, std::uint64_t first) {
  WriteTransaction transaction = database.begin();
  for (std::uint64_t id = first; id < first + kEntities; ++id) {
    transaction.put_entity({{id}, {"Part"}, {{"text", std::string(100, 'a')}}});
  }
  transaction.commit();
}

std::string back_up(const Repository& repository, const Database& database,
                    backup::BackupChoice choice = backup::BackupChoice::automatic) {
  RepositoryBackupOptions options;
  options.choice = choice;
  options.threads = 1;
  return repository.back_up(database, options).manifest.backup_id.to_string();
}

}  // namespace

RepositoryCrash::RepositoryCrash(std::string command, std::string work)
    : command_(std::move(command)),
      work_(std::move(work)),
      template_(temp_ / "template"),
      root_(temp_ / "root"),
      shadow_(temp_ / "shadow"),
      database_(temp_ / "db") {
  fs::create_directory(template_);
  Database database = Database::open(database_);
  commit_some(database, 1);
  if (work_ == "first") return;
  if (work_ == "archive") {
    prepare_archive(database);
    return;
  }
  const auto repository =
      Repository::open_or_create(template_ / "repo", database.statistics().database_id);
  std::vector<std::string> ids;
  ids.push_back(back_up(repository, database));
  commit_some(database, 1000);
  ids.push_back(back_up(repository, database));
  if (work_ == "copy") repository.copy_to(template_ / "second");
  commit_some(database, 2000);
  if (work_ != "next") {
    ids.push_back(back_up(repository, database, backup::BackupChoice::full));
    commit_some(database, 3000);
    ids.push_back(back_up(repository, database));
  }
  must_stay_ = {ids.begin() + (work_ == "prune" ? 2 : 0), ids.end()};
  if (work_ == "prune") {
    const fs::path left = template_ / "repo/backups/00000000-0000-4000-8000-000000000001";
    fs::create_directory(left);
    write_file(left / "unfinished", "");
    write_file(left / "data.jsonl.zst", "half");
  }
}

// Some of the log is archived; what follows is left for the command.
void RepositoryCrash::prepare_archive(Database& database) {
  {
    backup::Archiver archiver = backup::archive_to(database, {template_ / "repo"});
    commit_some(database, 1000);
    if (!archiver.archive_now(std::chrono::minutes(1))) {
      throw std::runtime_error("the archive is not complete");
    }
  }
  for (std::uint64_t i = 2; i < 12; ++i) commit_some(database, i * 1000);
  archived_sequence_ = database.sequence_number().value;
  archived_digest_ = database.statistics().content_digest;
}

std::vector<std::string> RepositoryCrash::arguments(const fs::path& root) const {
  const std::string repo = (root / "repo").string();
  if (work_ == "prune") return {command_, "prune", repo, "--keep-last", "1", "--confirm"};
  if (work_ == "copy") return {command_, "copy", repo, (root / "second").string()};
  if (work_ == "archive") {
    return {command_, "archive", database_.string(), "-r", repo, "--once", "--segment-size", "64K"};
  }
  return {command_, "backup", database_.string(), "-r", repo, "--threads", "1"};
}

void RepositoryCrash::start_over() {
  fs::remove_all(root_);
  fs::remove_all(shadow_);
  fs::copy(template_, root_, fs::copy_options::recursive);
}

FaultOutcome RepositoryCrash::run(FaultSettings settings) {
  start_over();
  settings.root = root_;
  return run_with_faults(arguments(root_), settings);
}

std::uint64_t RepositoryCrash::count(const std::string& call_class) {
  const FaultOutcome outcome = run({});
  if (outcome.command.exit_code != 0) throw std::runtime_error(outcome.describe());
  const std::vector<std::string> violations = check(root_);
  if (!violations.empty()) throw std::runtime_error("undisturbed: " + violations.front());
  return outcome.count(call_class);
}

std::vector<std::string> RepositoryCrash::kill_at(const std::string& call_class,
                                                  std::uint64_t number) {
  FaultSettings settings;
  settings.fault = "kill:" + call_class + ":" + std::to_string(number);
  const FaultOutcome outcome = run(settings);
  if (!outcome.killed) return {"was not killed: " + outcome.describe()};
  return check(root_);
}

std::vector<std::string> RepositoryCrash::lose_power_at(const std::string& call_class,
                                                        std::uint64_t number,
                                                        const PowerLoss& loss) {
  FaultSettings settings;
  settings.fault = "kill:" + call_class + ":" + std::to_string(number);
  settings.shadow = shadow_;
  const FaultOutcome outcome = run(settings);
  if (!outcome.killed) return {"was not killed: " + outcome.describe()};
  const fs::path rest = temp_ / "rest";
  fs::remove_all(rest);
  reconstruct_after_power_loss(shadow_, root_, rest, loss);
  return check(rest);
}

std::vector<std::string> RepositoryCrash::fail_at(const std::string& call_class,
                                                  std::uint64_t number, const std::string& error) {
  FaultSettings settings;
  settings.fault = "fail:" + call_class + ":" + std::to_string(number) + ":" + error;
  const FaultOutcome outcome = run(settings);
  if (outcome.failed.empty()) return {"no call failed: " + outcome.describe()};
  std::vector<std::string> violations = check(root_);
  if (outcome.command.exit_code != 0 && !outcome.command.err.starts_with("error: ")) {
    violations.push_back("it does not say what failed: " + outcome.describe());
  }
  return violations;
}

std::vector<std::string> RepositoryCrash::kill_after(std::uint64_t microseconds) {
  start_over();
  RunningCommand command(arguments(root_));
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  command.send_signal(SIGKILL);
  command.wait();
  return check(root_);
}

std::vector<std::string> RepositoryCrash::check(const fs::path& root) const {
  std::vector<std::string> violations;
  try {
    check_repository(root / "repo", work_ != "first", violations);
    if (work_ == "copy") check_repository(root / "second", true, violations);
    // The next run succeeds, and cleans up.
    const CommandResult next = run_command(arguments(root));
    if (next.exit_code != 0) violations.push_back("the next run: " + next.err);
    const Repository repository = Repository::open(root / (work_ == "copy" ? "second" : "repo"));
    if (!repository.catalogue().unfinished.empty()) violations.push_back("something is left over");
    for (const auto& entry : fs::recursive_directory_iterator(repository.path())) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".tmp") || name == "unfinished") violations.push_back(name + " is left");
    }
    if (!repository.verify().ok()) violations.push_back("after the next run it is damaged");
    if (repository.catalogue().newest_restorable() == nullptr) {
      violations.push_back("after the next run nothing can be restored");
    }
    if (work_ == "archive") check_archive(repository, violations);
    if (work_ == "copy" && repository.catalogue().entries.size() != must_stay_.size()) {
      violations.push_back("after the next run the copy has not all");
    }
  } catch (const Error& error) {
    violations.push_back(std::string("Error: ") + error.what());
  }
  return violations;
}

// Everything is archived, without a gap, and leads to what was committed.
void RepositoryCrash::check_archive(const Repository& repository,
                                    std::vector<std::string>& violations) const {
  const std::vector<backup::RestorableRange> window = repository.window();
  if (window.size() != 1 || window[0].last.value != archived_sequence_) {
    violations.push_back("the archive has a gap, or not all");
  }
  Database copy = Database::in_memory();
  backup::import(copy, repository.open_chain(Repository::parse_target("latest")));
  if (copy.digest() != archived_digest_)
    violations.push_back("the archive leads to something else");
}

void RepositoryCrash::check_repository(const fs::path& path, bool must_exist,
                                       std::vector<std::string>& violations) const {
  if (!Repository::is_repository(path)) {
    if (must_exist) violations.push_back(path.string() + " is gone");
    return;
  }
  const Repository repository = Repository::open(path);
  const backup::Catalogue catalogue = repository.catalogue();
  std::set<std::string> listed;
  for (const backup::CatalogueEntry& entry : catalogue.entries) {
    if (!entry.restorable) violations.push_back(entry.id + " is listed and not whole");
    listed.insert(entry.id);
  }
  if (path.filename() == "repo") {
    for (const std::string& id : must_stay_) {
      if (!listed.contains(id)) violations.push_back(id + " should have stayed");
    }
  }
  const backup::RepositoryReport report = repository.verify();
  for (const backup::RepositoryFault& fault : report.faults) {
    violations.push_back(fault.file + ": " + fault.what);
  }
}

}  // namespace manifolddb::test
