// How the tests of the command line run it, and look at what it says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/list_files.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

inline CommandResult manifold(std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.insert(arguments.begin(), MANIFOLD_COMMAND);
  CommandOptions options;
  options.input = input;
  return run_command(arguments, options);
}

// The same through a shell, where $M is the command.
inline CommandResult shell(const std::string& script) {
  CommandOptions options;
  options.environment = {{"M", MANIFOLD_COMMAND}};
  return run_command({"bash", "-o", "pipefail", "-c", script}, options);
}

// Three entities, two edges, two metadata entries, and values that text formats like to lose.
inline constexpr const char* kSmallGraph =
    R"({"type":"key_value","data":{"key":"","value":""}}
{"type":"key_value","data":{"key":"b3duZXI=","value":"AAH/"}}
{"type":"entity","data":{"id":1,"labels":["Person"],"properties":{"name":"Ada","since":1815}}}
{"type":"entity","data":{"id":2,"labels":["Admin","Person"],"properties":{"f":0.1,"nan":{"$float":"NaN"},"v":{"$vector":[1.5,-0.0]}}}}
{"type":"entity","data":{"id":9223372036854775807,"labels":[],"properties":{"big":9007199254740993}}}
{"type":"edge","data":{"id":7,"source":1,"target":2,"edge_type":"KNOWS","properties":{"at":{"$date":"2026-11-22"}}}}
{"type":"edge","data":{"id":8,"source":2,"target":9223372036854775807,"edge_type":"OWNS","properties":{}}}
)";

// A change of each kind to it.
inline constexpr const char* kMoreOfIt =
    R"({"type":"key_value_deleted","data":{"key":"b3duZXI="}}
{"type":"entity","data":{"id":1,"labels":["Person"],"properties":{"name":"Ada","born":1815}}}
{"type":"entity","data":{"id":3,"labels":["Person"],"properties":{}}}
{"type":"edge_deleted","data":{"id":8}}
)";

inline void make_small_database(const std::filesystem::path& path) {
  const CommandResult result = manifold({"apply", path.string()}, kSmallGraph);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

inline void make_backup(const std::filesystem::path& database, const std::filesystem::path& file) {
  const CommandResult result =
      manifold({"backup", database.string(), "--full", "-o", file.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

// Exactly "error: ...", "safe:  ...", "next:  ...", none of them empty.
inline void expect_three_lines(const CommandResult& result) {
  std::string_view rest = result.err;
  for (const std::string_view word : {"error: ", "safe:  ", "next:  "}) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    EXPECT_TRUE(rest.starts_with(word) && end > word.size()) << result.err;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  EXPECT_EQ(rest, "") << result.err;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Evaluates a Python expression over `lines`, the parsed objects of JSON lines: a parser that has
// nothing in common with ours. Fails the test when a line is no JSON object.
inline std::string python_json(const std::string& json_lines, const std::string& expression) {
  const std::string script =
      "import json,sys\n"
      "lines=[json.loads(l) for l in sys.stdin.buffer.read().decode('utf-8').splitlines()]\n"
      "assert all(type(l) is dict for l in lines)\n"
      "print(" +
      expression + ",end='')\n";
  CommandOptions options;
  options.input = json_lines;
  const CommandResult result = run_command({"python3", "-c", script}, options);
  EXPECT_EQ(result.exit_code, 0) << result.err << json_lines;
  return result.out;
}

}  // namespace manifolddb::test
