#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/metrics_file.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/archive.h"

namespace manifolddb::cli {

namespace archive_command {

namespace {

using backup::ArchiveEvent;
using backup::Archiver;

constexpr std::chrono::milliseconds kLook{100};   // between two looks for a signal
constexpr std::chrono::hours kOnceMax{24 * 365};  // --once ends when it is done, or told to
constexpr std::chrono::milliseconds kMetricsPause{1000};

struct Arguments {
  std::string database;
  std::vector<std::string> repositories;
  bool follow = false;
  bool once = false;
  bool forget = false;
  std::uint64_t interval_ms = 1000;
  std::string segment_bytes = "8M";
  bool no_backups = false;
  std::optional<std::string> metrics;
};

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

const char* event_name(ArchiveEvent::Kind kind) {
  switch (kind) {
    case ArchiveEvent::Kind::segment:
      return "segment";
    case ArchiveEvent::Kind::backup:
      return "backup";
    case ArchiveEvent::Kind::gap:
      return "gap";
    case ArchiveEvent::Kind::failure:
      return "failure";
    case ArchiveEvent::Kind::recovered:
      return "recovered";
    case ArchiveEvent::Kind::new_history:
      return "new_history";
  }
  return "";
}

std::string describe_range(const ArchiveEvent& event) {
  return event.first == event.last ? format("seq {}", event.last.value)
                                   : format("seq {} to {}", event.first.value, event.last.value);
}

// What has happened so far, by repository. Events come on the archiver's threads.
class Journal {
 public:
  // `goes_on`: what failed is tried again.
  Journal(Output& out, const std::vector<std::string>& repositories, bool goes_on)
      : out_(out), goes_on_(goes_on) {
    for (const std::string& name : repositories) {
      Entry entry;
      entry.name = name;
      entry.path = repository_path(name);
      entries_.push_back(std::move(entry));
    }
  }

  void take(const ArchiveEvent& event) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entry_of(event.repository);
    switch (event.kind) {
      case ArchiveEvent::Kind::segment:
        ++entry.metrics.segment_count;
        break;
      case ArchiveEvent::Kind::backup:
        ++entry.metrics.backup_count;
        break;
      case ArchiveEvent::Kind::gap:
        ++entry.metrics.gap_count;
        break;
      case ArchiveEvent::Kind::failure:
        ++entry.metrics.failure_count;
        break;
      case ArchiveEvent::Kind::recovered:
      case ArchiveEvent::Kind::new_history:
        break;
    }
    print(entry, event);
  }

  std::uint64_t gap_count() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    for (const Entry& entry : entries_) count += entry.metrics.gap_count;
    return count;
  }

  std::vector<ArchiveMetrics> metrics(const std::vector<ArchiveStatus>& status) const {
    const std::lock_guard lock(mutex_);
    std::vector<ArchiveMetrics> result;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      result.push_back(entries_[i].metrics);
      result.back().status = status[i];
    }
    return result;
  }

 private:
  struct Entry {
    std::string name;
    std::filesystem::path path;
    ArchiveMetrics metrics;
  };

  Entry& entry_of(const std::filesystem::path& path) {
    return *std::find_if(entries_.begin(), entries_.end(),
                         [&path](const Entry& entry) { return entry.path == path; });
  }

  void print(const Entry& entry, const ArchiveEvent& event) {
    if (out_.json()) {
      out_.line(JsonObject::line()
                    .text("event", event_name(event.kind))
                    .text("repository", entry.name)
                    .time("at", now_us())
                    .number("first", event.first.value)
                    .number("last", event.last.value)
                    .text("what", event.what)
                    .number("retry_in_ms", static_cast<std::uint64_t>(event.retry_in.count())));
    } else {
      out_.line(format("{}  {}: {}", format_time_us(now_us()), entry.name, describe(event)));
    }
    out_.flush();
  }

  std::string describe(const ArchiveEvent& event) const {
    switch (event.kind) {
      case ArchiveEvent::Kind::segment:
        return "archived " + describe_range(event) + (event.what.empty() ? "" : " (bulk)");
      case ArchiveEvent::Kind::backup:
        return format("took a backup at seq {}, because {}", event.last.value, event.what);
      case ArchiveEvent::Kind::gap:
        return "GAP: " + event.what;
      case ArchiveEvent::Kind::failure:
        if (!goes_on_ || event.retry_in.count() == 0) return "failed: " + event.what;
        return format("failed: {}; tried again in {} ms", event.what, event.retry_in.count());
      case ArchiveEvent::Kind::recovered:
        return "works again";
      case ArchiveEvent::Kind::new_history:
        return "a new history: " + event.what;
    }
    return "";
  }

  Output& out_;
  const bool goes_on_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

class ArchiveRun {
 public:
  ArchiveRun(Session& session, const Arguments& arguments)
      : session_(session),
        arguments_(arguments),
        journal_(session.output(), arguments.repositories, arguments.follow) {}

  Outcome run() {
    backup::ArchiveOptions options;
    options.interval = std::chrono::milliseconds(arguments_.interval_ms);
    options.segment_bytes_max = parse_size("--segment-size", arguments_.segment_bytes);
    options.takes_backups = !arguments_.no_backups;
    options.on_event = [this](const ArchiveEvent& event) { journal_.take(event); };
    std::vector<std::filesystem::path> repositories;
    for (const std::string& name : arguments_.repositories) {
      repositories.push_back(repository_path(name));
    }
    Archiver archiver =
        backup::archive_to(std::filesystem::path(arguments_.database), repositories, options);
    const bool complete = arguments_.once ? archive_once(archiver) : follow(archiver);
    archiver.stop();
    write_metrics(archiver);
    return conclude(archiver, complete);
  }

 private:
  // Repositories that fail at the moment, and why: what went wrong once and is over is no failure.
  std::vector<std::pair<std::string, std::string>> failures(const Archiver& archiver) const {
    std::vector<std::pair<std::string, std::string>> result;
    const std::vector<ArchiveStatus> status = archiver.status();
    for (std::size_t i = 0; i < status.size(); ++i) {
      if (status[i].failure.empty()) continue;
      result.emplace_back(arguments_.repositories[i], status[i].failure);
    }
    return result;
  }

  // False: a repository failed. What is committed meanwhile need not be archived, or this would
  // never end beside a busy writer.
  bool archive_once(Archiver& archiver) const {
    return archiver.archive_now(kOnceMax, [](const ArchiveStatus& archive) {
      if (interrupted()) throw_interrupted();
      return !archive.failure.empty();
    });
  }

  bool follow(Archiver& archiver) {
    auto next_metrics = std::chrono::steady_clock::now();
    while (!interrupted()) {
      if (std::chrono::steady_clock::now() >= next_metrics) {
        write_metrics(archiver);
        next_metrics = std::chrono::steady_clock::now() + kMetricsPause;
      }
      std::this_thread::sleep_for(kLook);
    }
    return failures(archiver).empty();
  }

  // What cannot be written now may be written in a second; archiving goes on.
  void write_metrics(const Archiver& archiver) {
    if (!arguments_.metrics) return;
    try {
      write_metrics_file(
          *arguments_.metrics,
          metrics_text(arguments_.database, journal_.metrics(archiver.status()), now_us()));
      metrics_failed_ = false;
    } catch (const Error& error) {
      if (!metrics_failed_) talk(std::string("warning: ") + error.what() + "\n");
      metrics_failed_ = true;
    }
  }

  // A repository that fails may hold anything by now, and one that was never reached anything at
  // all.
  void print_end(const std::string& repository, const ArchiveStatus& archive) {
    const bool is_known = archive.history_id != Uuid{};
    if (session_.output().json()) {
      JsonObject object = JsonObject::line();
      object.text("repository", repository);
      is_known ? object.text("history_id", archive.history_id.to_string())
               : object.null("history_id");
      object.point(archive.sequence_number, archive.committed_at_us);
      archive.failure.empty() ? object.null("failure") : object.text("failure", archive.failure);
      return session_.output().line(object);
    }
    const std::string point = describe_point(archive.sequence_number, archive.committed_at_us);
    session_.output().line(
        archive.failure.empty() ? format("{} can be restored up to {}", repository, point)
        : is_known ? format("{} failed; when it was last reached it could be restored up to {}",
                            repository, point)
                   : format("{} failed; it was never reached", repository));
  }

  Outcome conclude(const Archiver& archiver, bool complete) {
    const std::vector<ArchiveStatus> status = archiver.status();
    for (std::size_t i = 0; i < status.size(); ++i) {
      print_end(arguments_.repositories[i], status[i]);
    }
    const auto failures = this->failures(archiver);
    if (complete && failures.empty() && journal_.gap_count() == 0) return Outcome::done;
    std::string what;
    for (const auto& [name, failure] : failures) {
      what.append(what.empty() ? "" : "; ").append(name + ": " + failure);
    }
    if (what.empty()) {
      what = journal_.gap_count() != 0
                 ? "transactions were removed from the log before they were archived"
                 : "a repository failed, and goes on again: not everything is archived yet";
    }
    session_.explain(Error(
        ErrorCode::failed, what, "what was archived before is untouched, and so is the database",
        "manifold list " +
            (failures.empty() ? arguments_.repositories.front() : failures.front().first) +
            "    shows what can be restored"));
    return Outcome::listed_exceptions;
  }

  Session& session_;
  const Arguments& arguments_;
  Journal journal_;
  bool metrics_failed_ = false;
};

Outcome forget(Session& session, const Arguments& arguments) {
  for (const std::string& name : arguments.repositories) {
    const bool was_known = backup::forget_archive(arguments.database, repository_path(name));
    if (session.output().json()) {
      session.output().line(
          JsonObject::line().text("repository", name).boolean("forgotten", was_known));
    } else {
      session.output().line(arguments.database +
                            (was_known ? " keeps its log no longer for " : " keeps no log for ") +
                            name);
    }
  }
  return Outcome::done;
}

Outcome run(Session& session, const Arguments& arguments) {
  if (arguments.forget) return forget(session, arguments);
  if (arguments.follow == arguments.once) {
    throw Error(ErrorCode::usage, "either --follow or --once says how long to archive",
                "nothing was archived", "manifold archive --help");
  }
  if (arguments.metrics && is_standard_stream(*arguments.metrics)) {
    throw Error(ErrorCode::usage, "--metrics needs a file, which is replaced each time",
                "nothing was archived", "manifold archive --help");
  }
  return ArchiveRun(session, arguments).run();
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB", arguments->database,
                    "The database; another process may have it open and write to it");
  parser.option("-r,--repository", arguments->repositories, "Where to; may be given several times")
      .value_name("REPO")
      .required();
  const Argument follow = parser.flag("--follow", arguments->follow,
                                      "Go on until SIGINT, SIGTERM or SIGHUP, then end with 0");
  const Argument once =
      parser.flag("--once", arguments->once, "Archive what is committed now, then end")
          .excludes(follow);
  parser
      .flag("--forget", arguments->forget,
            "Keep the log no longer for REPO, which nobody archives to any more")
      .excludes(follow)
      .excludes(once);
  parser.option("--interval", arguments->interval_ms, "Look for new transactions so often (1000)")
      .value_name("MS")
      .positive();
  parser
      .option("--segment-size", arguments->segment_bytes,
              "Bytes of the log in one segment at most, 64K to 64M (8M)")
      .value_name("SIZE");
  parser.flag("--no-backups", arguments->no_backups,
              "Say when a backup is needed instead of taking it");
  parser
      .option("--metrics", arguments->metrics,
              "Keep the archiver's state in this file, in Prometheus' text format")
      .value_name("FILE");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace archive_command

const Command kArchiveCommand{
    "archive", "Archive committed transactions continuously, so that each can be restored",
    "  manifold archive graph.manifold -r /backups/graph --follow\n"
    "  manifold archive graph.manifold -r /backups/graph -r /mnt/usb/graph --once\n"
    "  manifold archive graph.manifold -r /backups/graph --follow --metrics "
    "/var/lib/node/graph.prom",
    archive_command::configure};

}  // namespace manifolddb::cli
