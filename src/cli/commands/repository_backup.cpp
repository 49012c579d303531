#include "cli/commands/repository_backup.h"

#include <optional>

#include "backup/catalogue.h"
#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

using backup::Repository;
using backup::StoredBackup;

struct Target {
  std::string name;
  std::optional<Repository> repository;
  std::optional<Error> error;
};

class RepositoryBackup {
 public:
  RepositoryBackup(Session& session, std::string database_path,
                   const std::vector<std::string>& names, backup::RepositoryBackupOptions options)
      : session_(session),
        out_(session.output()),
        path_(std::move(database_path)),
        options_(std::move(options)),
        database_(open_to_read(path_)) {
    for (const std::string& name : names) targets_.push_back({name, {}, {}});
  }

  Outcome run() {
    // Before anything is written anywhere: what one of them knows of this history concerns all.
    std::optional<std::string> why_new_history;
    for (Target& target : targets_) {
      attempt(target, [&] { open(target, why_new_history); });
    }
    if (why_new_history) start_new_history();
    for (Target& target : targets_) {
      if (target.error) continue;
      attempt(target, [&] { back_up(target); });
    }
    return conclude();
  }

 private:
  // An interruption, or a database that cannot be read, ends everything; the rest is the target's.
  template <typename Work>
  void attempt(Target& target, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      target.error = with_name(error, target.name);
    }
  }

  void open(Target& target, std::optional<std::string>& why_new_history) {
    const Uuid id = database_.statistics().database_id;
    target.repository = Repository::open_or_create(repository_path(target.name), id);
    const backup::BackupDecision decision =
        target.repository->decide(database_, backup::BackupChoice::full);
    if (decision.new_history_needed && !why_new_history) why_new_history = decision.reason;
  }

  // What was read may be older than the repository only because another backup was faster. Once the
  // database is ours alone, that is ruled out.
  void start_new_history() {
    DatabaseOptions existing;
    existing.create_if_missing = false;
    try {
      database_ = Database::open(path_, existing);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::locked) throw;
      throw Error(
          ErrorCode::locked,
          format("{} must begin a new history (a repository knows more of the present one), "
                 "but {}",
                 path_, error.what()),
          "no backup was taken",
          "end that process and run this again, or call Database::start_new_history() in it");
    }
    std::optional<std::string> why;
    for (Target& target : targets_) {
      if (!target.error) attempt(target, [&] { open(target, why); });
    }
    if (!why) return;
    const Uuid before = database_.statistics().history_id;
    database_.start_new_history();
    const std::string after = database_.statistics().history_id.to_string();
    if (out_.json()) {
      out_.line(JsonObject::line()
                    .text("database", path_)
                    .text("history_id", after)
                    .text("parent_history_id", before.to_string())
                    .text("reason", *why));
    } else {
      out_.line(format("{}: {}; it goes on in the new history {}", path_, *why, after));
    }
  }

  void back_up(Target& target) {
    const Stopwatch watch;
    StoredBackup stored;
    {
      Progress progress(session_.progress_mode(), "backing up to " + target.name, "records");
      backup::RepositoryBackupOptions options = options_;
      options.progress = progress.callback();
      stored = target.repository->back_up(database_, options);
    }
    print(target, stored, watch);
    if (!stored.manifest.digest_matches) unproved_ = stored.manifest.content_digest.to_hex();
    ++done_;
  }

  void print(const Target& target, const StoredBackup& stored, const Stopwatch& watch) {
    const backup::Manifest& m = stored.manifest;
    if (out_.json()) {
      JsonObject object = JsonObject::line().text("repository", target.name);
      return out_.line(describe_manifest(std::move(object), m)
                           .text("reason", stored.decision.reason)
                           .number("cleaned_up", stored.cleaned_up));
    }
    if (stored.cleaned_up != 0) {
      out_.line(format("removed {} that an earlier run left unfinished",
                       describe_count(stored.cleaned_up, "backup", "backups")));
    }
    out_.line(format(
        "backed up {} at {} to {} as {} backup {} in {}, {}; {}; content digest {} {} what was "
        "committed, read again at level {}",
        describe_count(m.statistics.total_records, "record", "records"),
        describe_point(m.sequence_number, m.committed_at_us.value_or(0)), target.name,
        backup::kind_name(m.kind), backup::short_id(m.backup_id), watch.to_string(),
        describe_bytes(m.stored_bytes), stored.decision.reason, m.content_digest.to_hex(),
        m.digest_matches ? "equals" : "differs from", backup::level_name(m.verified_level)));
  }

  Outcome conclude() {
    std::string failed;
    const Error* first = nullptr;
    for (const Target& target : targets_) {
      if (!target.error) continue;
      if (first == nullptr) first = &*target.error;
      failed.append(failed.empty() ? "" : "; ").append(target.name + ": " + target.error->what());
    }
    if (first != nullptr && done_ == 0) {
      throw Error(first->code(), targets_.size() == 1 ? first->what() : failed, first->safe(),
                  first->next());
    }
    if (first != nullptr) {
      session_.explain(Error(
          first->code(), "no backup in " + failed,
          format("{} taken", describe_count(done_, "backup was", "backups were")), first->next()));
      return Outcome::listed_exceptions;
    }
    if (unproved_.empty()) return Outcome::done;
    session_.explain(
        Error(ErrorCode::damaged,
              format("{}: what was read does not have the content digest {} that was committed",
                     path_, unproved_),
              "the backup is whole and kept, but marked: nothing counts on it",
              "manifold check " + path_ + "    names the records at fault"));
    return Outcome::listed_exceptions;
  }

  Session& session_;
  Output& out_;
  std::string path_;
  backup::RepositoryBackupOptions options_;
  Database database_;
  std::vector<Target> targets_;
  std::size_t done_ = 0;
  std::string unproved_;
};

}  // namespace

Outcome back_up_to_repositories(Session& session, const std::string& database,
                                const std::vector<std::string>& repositories,
                                backup::RepositoryBackupOptions options) {
  return RepositoryBackup(session, database, repositories, std::move(options)).run();
}

}  // namespace manifolddb::cli
