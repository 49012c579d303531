// The command line: which commands there are and what arguments each takes. The only home of CLI11,
// whose header costs every source that includes it many seconds of compilation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace manifolddb::cli {

// An argument that was declared, for what only some need.
class Argument {
 public:
  explicit Argument(CLI::Option* option) : option_(option) {}

  Argument& value_name(const std::string& name);  // what help shows for the value: "SIZE"
  Argument& required();
  Argument& positive();                       // a number, and not 0
  Argument& excludes(const Argument& other);  // both given is an error of usage

  bool given() const;  // once the arguments were parsed

 private:
  CLI::Option* option_;
};

// The arguments of one command. The variables handed in keep their value where the argument is not
// given, and must live until the arguments were parsed.
class ArgumentParser {
 public:
  explicit ArgumentParser(CLI::App& app) : app_(&app) {}

  // Without a dash, in the order of their declaration. `positional` must be given; `positionals`
  // must be given at least once, and take all that follow.
  Argument positional(const std::string& name, std::string& value, const std::string& help);
  Argument optional_positional(const std::string& name, std::string& value,
                               const std::string& help);
  Argument positionals(const std::string& name, std::vector<std::string>& values,
                       const std::string& help);

  // As many as there are, then one more: SOURCE... DB.
  void positionals_then(const std::string& name, std::vector<std::string>& values,
                        const std::string& help, const std::string& last_name, std::string& last,
                        const std::string& last_help);

  // `names`: "--full" or "-o,--output".
  Argument flag(const std::string& names, bool& value, const std::string& help);
  Argument option(const std::string& names, std::string& value, const std::string& help);
  Argument option(const std::string& names, std::optional<std::string>& value,
                  const std::string& help);
  Argument option(const std::string& names, std::uint64_t& value, const std::string& help);
  Argument option(const std::string& names, std::optional<std::uint64_t>& value,
                  const std::string& help);
  Argument option(const std::string& names, unsigned& value, const std::string& help);
  // May be given several times, each time with one value.
  Argument option(const std::string& names, std::vector<std::string>& values,
                  const std::string& help);

  // One of the named values; anything else is an error that lists them.
  template <typename Value>
  Argument choice(const std::string& names, Value& value,
                  const std::vector<std::pair<std::string, Value>>& choices,
                  const std::string& help) {
    std::vector<std::string> words;
    for (const auto& [word, meaning] : choices) words.push_back(word);
    return add_choice(names, std::move(words), help,
                      [&value, choices](std::size_t chosen) { value = choices[chosen].second; });
  }

 private:
  Argument add_choice(const std::string& names, std::vector<std::string> words,
                      const std::string& help, std::function<void(std::size_t)> chosen);

  CLI::App* app_;
};

// All commands of a program, of which one must be chosen.
class CommandParser {
 public:
  CommandParser(const std::string& program, const std::string& description,
                const std::string& version, const std::string& footer);
  ~CommandParser();
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;

  ArgumentParser add_command(const std::string& name, const std::string& summary,
                             const std::string& footer);

  // Returns the text to print where only help or the version was asked for. Error{usage}.
  std::optional<std::string> parse(int argc, const char* const* argv);

  // The command's name, once the arguments were parsed.
  std::string chosen() const;

 private:
  std::string program_;
  std::unique_ptr<CLI::App> app_;
};

}  // namespace manifolddb::cli
