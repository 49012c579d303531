// manifold: arguments in, exit code out.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <new>
#include <string>
#include <string_view>

#include "cli/argument_parser.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/session.h"
#include "manifolddb/error.h"

namespace manifolddb::cli {
namespace {

// The exit codes that scripts rely on (docs/cli.md): never change or reuse one.
int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return static_cast<int>(ErrorCode::usage);
    case ErrorCode::timed_out:
      return static_cast<int>(ErrorCode::locked);
    case ErrorCode::read_only:
    case ErrorCode::reopen_needed:
    case ErrorCode::invariant:
      return static_cast<int>(ErrorCode::failed);
    default:
      return static_cast<int>(code);
  }
}

int exit_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::listed_exceptions:
      return 3;
    case Outcome::damage_found:
      return static_cast<int>(ErrorCode::damaged);
    default:
      return 0;
  }
}

struct GlobalOptions {
  bool json = false;
  ProgressMode progress = ProgressMode::automatic;
};

using Run = std::function<Outcome(Session&)>;

void add_global_options(ArgumentParser& parser, GlobalOptions& options) {
  parser.flag("--json", options.json,
              "One JSON object a line, with \"schema\":\"manifold.cli.v1\"");
  parser
      .choice<ProgressMode>("--progress", options.progress,
                            {{"auto", ProgressMode::automatic},
                             {"plain", ProgressMode::plain},
                             {"none", ProgressMode::none}},
                            "auto (a bar on a terminal), plain or none")
      .value_name("MODE");
}

constexpr const char* kFooter =
    "manifold COMMAND --help tells more. \"-\" is standard input or output.\n"
    "Examples:\n"
    "  manifold apply graph.manifold records.jsonl\n"
    "  manifold backup graph.manifold --full -o graph.jsonl.zst\n"
    "  manifold verify graph.jsonl.zst\n"
    "  manifold restore graph.jsonl.zst copy.manifold";

// By name, what each command does once the arguments were parsed.
std::map<std::string, Run> declare_commands(CommandParser& parser, GlobalOptions& options) {
  std::map<std::string, Run> runs;
  for (const Command& command : commands()) {
    ArgumentParser arguments = parser.add_command(command.name, command.summary,
                                                  std::string("Examples:\n") + command.examples);
    runs.emplace(command.name, command.configure(arguments));
    add_global_options(arguments, options);
  }
  return runs;
}

// The parser would only say that a command is missing.
void require_known_command(int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  const std::string_view word = argv[1];
  const auto known = [word](const Command& command) { return command.name == word; };
  if (std::any_of(commands().begin(), commands().end(), known)) return;
  throw Error(ErrorCode::usage, "there is no command " + printable(word), "nothing was done",
              "manifold --help");
}

// After an error that is told: a second one, about what was printed before it, would hide it.
void flush_quietly(Output& out) {
  try {
    out.flush();
  } catch (const Error&) {
  }
}

int run_session(const Run& run, const GlobalOptions& options) {
  const Format format = options.json ? Format::json : Format::text;
  Session session(format, options.progress);
  try {
    const Outcome outcome = run(session);
    session.output().flush();
    if (session.explanation()) print_error(format, exit_code(outcome), *session.explanation());
    return exit_code(outcome);
  } catch (const Error&) {
    flush_quietly(session.output());
    throw;
  }
}

int report(Format format, const Error& error) {
  print_error(format, exit_code(error.code()), error);
  return exit_code(error.code());
}

int run_command_line(int argc, const char* const* argv) {
  // Also errors in the arguments themselves are JSON then.
  const bool json = std::any_of(argv, argv + argc,
                                [](std::string_view argument) { return argument == "--json"; });
  const Format format = json ? Format::json : Format::text;
  CommandParser parser("manifold",
                       "ManifoldDB: a property-graph database whose backups can be proved",
                       MANIFOLDDB_VERSION, kFooter);
  GlobalOptions options;
  try {
    const std::map<std::string, Run> runs = declare_commands(parser, options);
    require_known_command(argc, argv);
    if (const auto text = parser.parse(argc, argv)) {
      std::fputs(text->c_str(), stdout);
      return 0;
    }
    return run_session(runs.at(parser.chosen()), options);
  } catch (const Error& error) {
    return report(format, error);
  } catch (const std::bad_alloc&) {
    return report(format, Error(ErrorCode::failed, "out of memory", "nothing was changed",
                                "run it again with less: --memory-limit 64M --threads 1"));
  } catch (const std::exception& error) {
    return report(format, Error(ErrorCode::failed, error.what(), "nothing was changed",
                                "run it again; if it stays so, please report it"));
  }
}

}  // namespace
}  // namespace manifolddb::cli

int main(int argc, char** argv) {
  manifolddb::cli::install_signal_handlers();
  return manifolddb::cli::run_command_line(argc, argv);
}
