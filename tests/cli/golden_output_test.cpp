// What people see, kept in tests/golden/cli: help and results, with times, sizes and random ids
// made plain. After a wanted change: MANIFOLD_UPDATE_GOLDEN=1 ctest -R cli.Golden, then read the
// diff.
#include <cctype>
#include <cstdlib>

#include "cli/command_line.h"
#include "support/log_recorder.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(MANIFOLDDB_TESTS_FOLDER) / "golden" / "cli";

void expect_golden(const std::string& name, const std::string& text) {
  const char* const update = std::getenv("MANIFOLD_UPDATE_GOLDEN");
  if (update != nullptr && *update == '1') write_file(kGolden / name, text);
  ASSERT_TRUE(std::filesystem::exists(kGolden / name)) << name << ":\n" << text;
  EXPECT_EQ(text, read_file(kGolden / name));
}

bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool fits = pattern[i] == 'd'   ? std::isdigit(c) != 0
                      : pattern[i] == 'x' ? std::isxdigit(c) != 0
                                          : text[i] == pattern[i];
    if (!fits) return false;
  }
  return true;
}

// d stands for a digit, x for a hexadecimal one.
void replace_all(std::string& text, std::string_view pattern, std::string_view by) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (matches(std::string_view(text).substr(at), pattern)) text.replace(at, pattern.size(), by);
  }
}

// Numbers before a unit: " 12.3 s" becomes " N s".
void hide_measures(std::string& text) {
  for (const std::string unit : {" s", " bytes", " kB", " MB"}) {
    for (std::size_t at = 0; (at = text.find(unit, at + 1)) != std::string::npos;) {
      const auto behind =
          static_cast<unsigned char>(text[std::min(at + unit.size(), text.size() - 1)]);
      std::size_t first = at;
      while (first > 0 && (std::isdigit(static_cast<unsigned char>(text[first - 1])) != 0 ||
                           text[first - 1] == '.')) {
        --first;
      }
      if (first == at || std::isalpha(behind) != 0) continue;
      text.replace(first, at + unit.size() - first, "SIZE");
      at = first;
    }
  }
}

class Golden : public ::testing::Test {
 protected:
  // The talk on stderr follows the output.
  std::string run(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), MANIFOLD_COMMAND);
    CommandOptions options;
    options.input = input;
    options.working_directory = directory_.path();  // so that names are the same everywhere
    const CommandResult result = run_command(arguments, options);
    std::string text = result.out + result.err;
    replace_all(text, "dddd-dd-ddTdd:dd:dd.ddddddZ", "TIME");
    replace_all(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "UUID");
    hide_measures(text);
    return text + "exit " + std::to_string(result.exit_code) + "\n";
  }
  TempDir directory_;
};

TEST_F(Golden, HelpOfTheProgram) {
  expect_golden("help.txt", run({"--help"}));
}

TEST_F(Golden, HelpOfEachCommandEndsWithExamples) {
  for (const char* command :
       {"stats", "digest", "check", "log", "cat", "apply", "backup", "verify", "restore", "show",
        "list", "merge", "prune", "copy", "diff", "undo"}) {
    const std::string text = run({command, "--help"});
    expect_golden(std::string("help-") + command + ".txt", text);
    const std::size_t examples = text.rfind("\nExamples:\n  ");
    ASSERT_NE(examples, std::string::npos) << text;
    EXPECT_TRUE(contains(text.substr(examples), "manifold " + std::string(command))) << text;
  }
}

TEST_F(Golden, ResultsOfEachCommand) {
  write_file(directory_ / "graph.jsonl", kSmallGraph);
  write_file(directory_ / "more.jsonl", kMoreOfIt);
  std::string text;
  for (const std::vector<std::string>& arguments : {
           std::vector<std::string>{"apply", "db", "graph.jsonl"},
           std::vector<std::string>{"stats", "db"},
           std::vector<std::string>{"digest", "db"},
           std::vector<std::string>{"check", "db"},
           std::vector<std::string>{"log", "db"},
           std::vector<std::string>{"cat", "db", "--type", "KNOWS"},
           std::vector<std::string>{"backup", "db", "--full", "-o", "b.jsonl", "--description",
                                    "before the move"},
           std::vector<std::string>{"show", "b.jsonl"},
           std::vector<std::string>{"verify", "b.jsonl"},
           std::vector<std::string>{"restore", "b.jsonl", "copy", "--dry-run"},
           std::vector<std::string>{"restore", "b.jsonl", "copy"},
           std::vector<std::string>{"log", "copy"},
           std::vector<std::string>{"restore", "b.jsonl", "copy", "--into-existing"},
           std::vector<std::string>{"apply", "db", "more.jsonl"},
           std::vector<std::string>{"log", "db", "--from", "2"},
           std::vector<std::string>{"log", "db", "--from", "2", "--entity", "1"},
           std::vector<std::string>{"undo", "db", "--seq", "2"},
           std::vector<std::string>{"backup", "db", "--incremental", "--since", "b.jsonl", "-o",
                                    "i.jsonl"},
           std::vector<std::string>{"verify", "i.jsonl", "b.jsonl"},
           std::vector<std::string>{"merge", "i.jsonl", "b.jsonl", "-o", "merged.jsonl"},
           std::vector<std::string>{"restore", "i.jsonl", "b.jsonl", "copy2"},
           std::vector<std::string>{"restore", "i.jsonl", "b.jsonl", "--to", "seq:1", "copy3"},
           std::vector<std::string>{"restore", "i.jsonl", "copy4"},
           std::vector<std::string>{"diff", "b.jsonl", "db"},
           std::vector<std::string>{"diff", "b.jsonl", "b.jsonl,i.jsonl", "--stat"},
           std::vector<std::string>{"diff", "b.jsonl", "db", "--apply-form"},
       }) {
    text += "$ manifold";
    for (const std::string& argument : arguments) text += " " + argument;
    text += "\n" + run(arguments);
  }
  expect_golden("results.txt", text);
}

// A backup at 1, log from 2 to 7 with a gap, and what is said of it.
TEST_F(Golden, ResultsOfARepositoryWithALog) {
  Database database = Database::open(directory_ / "db");
  commit_entities(database, 1, 3);
  auto repository =
      backup::Repository::open_or_create(directory_ / "repo", database.statistics().database_id);
  const Uuid id = repository.back_up(database).manifest.backup_id;
  test_support::LogRecorder recorder(database);
  for (std::uint64_t i = 2; i <= 7; ++i) {
    commit_entities(database, 2, i, static_cast<std::int64_t>(i));
    ASSERT_TRUE(recorder.record());
  }
  recorder.store(repository, 2, 3);
  recorder.store(repository, 4, 4);
  recorder.store(repository, 6, 7);
  backup::ArchiveNote note = recorder.note(7);
  note.gaps = {{{5}, {5}}};
  recorder.store_note(repository, note);
  database.close();
  std::string text;
  for (const std::vector<std::string>& arguments : {
           std::vector<std::string>{"list", "repo"},
           std::vector<std::string>{"verify", "repo"},
           std::vector<std::string>{"restore", "repo", "copy", "--to", "seq:3", "--dry-run"},
           std::vector<std::string>{"restore", "repo", "copy", "--to", "seq:3", "--dry-run",
                                    "--diff", "db"},
           std::vector<std::string>{"restore", "repo", "copy", "--to", "seq:5"},
           std::vector<std::string>{"restore", "repo", "copy"},
           std::vector<std::string>{"diff", "repo@seq:2", "repo@seq:4", "--stat"},
           std::vector<std::string>{"copy", "repo", "second"},
       }) {
    text += "$ manifold";
    for (const std::string& argument : arguments) text += " " + argument;
    text += "\n" + run(arguments);
  }
  database = Database::open(directory_ / "db");
  backup::RepositoryBackupOptions full;
  full.choice = backup::BackupChoice::full;
  const Uuid second = repository.back_up(database, full).manifest.backup_id;
  database.close();
  std::string pruned = run({"prune", "repo", "--keep-last", "1"});
  pruned.replace(pruned.find(second.to_string().substr(0, 8)), 8, "SECOND");
  text += "$ manifold prune repo --keep-last 1\n" + pruned;
  const std::string letters = id.to_string().substr(0, 8);
  for (std::size_t at = 0; (at = text.find(letters, at)) != std::string::npos;) {
    text.replace(at, letters.size(), "ID");
  }
  expect_golden("log.txt", text);
}

TEST_F(Golden, ErrorsOfEachKind) {
  make_small_database(directory_ / "db");
  make_backup(directory_ / "db", directory_ / "b.jsonl");
  const std::string backup = read_file(directory_ / "b.jsonl");
  std::string changed = backup;
  changed.replace(changed.find("Ada"), 3, "Eda");
  write_file(directory_ / "changed.jsonl", changed);
  write_file(directory_ / "cut.jsonl", backup.substr(0, backup.rfind("{\"type\":\"edge\"")));
  write_file(directory_ / "bad-line.jsonl", std::string(kSmallGraph) + "{\"type\":\"entity\"\n");
  std::string text;
  for (const std::vector<std::string>& arguments : {
           std::vector<std::string>{"bogus"},
           std::vector<std::string>{"backup", "db", "-o", "x.jsonl"},
           std::vector<std::string>{"stats", "missing"},
           std::vector<std::string>{"stats", "b.jsonl"},
           std::vector<std::string>{"verify", "changed.jsonl"},
           std::vector<std::string>{"verify", "cut.jsonl"},
           std::vector<std::string>{"verify", "db"},
           std::vector<std::string>{"restore", "changed.jsonl", "copy"},
           std::vector<std::string>{"restore", "b.jsonl", "db"},
           std::vector<std::string>{"restore", "b.jsonl", "copy", "--to", "seq:7"},
           std::vector<std::string>{"backup", "db", "--full", "-o", "b.jsonl"},
           std::vector<std::string>{"backup", "db", "--full", "-o", "db/x.jsonl"},
           std::vector<std::string>{"apply", "copy", "bad-line.jsonl"},
           std::vector<std::string>{"apply", "copy", "bad-line.jsonl", "--batch", "3"},
       }) {
    text += "$ manifold";
    for (const std::string& argument : arguments) text += " " + argument;
    text += "\n" + run(arguments);
  }
  // Only the folder that this run made up differs from run to run.
  for (std::size_t at = 0; (at = text.find(directory_.path().string(), at)) != std::string::npos;) {
    text.replace(at, directory_.path().string().size(), "FOLDER");
  }
  expect_golden("errors.txt", text);
}

}  // namespace
}  // namespace manifolddb::test
