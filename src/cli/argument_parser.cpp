#include "cli/argument_parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "manifolddb/error.h"

namespace manifolddb::cli {
namespace {

constexpr std::size_t kHelpColumn = 24;  // where explanations begin

// Shown in the place of a value's name; an empty text would bring back CLI11's own, "TEXT
// REQUIRED".
constexpr const char* kNoValueName = " ";

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// CLI11 takes -1 for the largest number, and cuts what is too large off.
template <typename Number>
std::string complain_of_number(const std::string& text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end) return "";
  return text + " is not a whole number from 0 to " +
         std::to_string(std::numeric_limits<Number>::max());
}

}  // namespace

Argument& Argument::value_name(const std::string& name) {
  option_->option_text(name);
  return *this;
}

Argument& Argument::required() {
  option_->required();
  return *this;
}

Argument& Argument::positive() {
  const auto complain = [](const std::string& text) {
    const bool positive = std::strtod(text.c_str(), nullptr) > 0;
    return positive ? "" : text + " is not a number over 0";
  };
  option_->check(complain, /*validator_description=*/"");
  return *this;
}

Argument& Argument::excludes(const Argument& other) {
  option_->excludes(other.option_);
  return *this;
}

bool Argument::given() const {
  return option_->count() != 0;
}

Argument ArgumentParser::positional(const std::string& name, std::string& value,
                                    const std::string& help) {
  return optional_positional(name, value, help).required();
}

Argument ArgumentParser::optional_positional(const std::string& name, std::string& value,
                                             const std::string& help) {
  return Argument(app_->add_option(name, value, help)->option_text(kNoValueName));
}

Argument ArgumentParser::positionals(const std::string& name, std::vector<std::string>& values,
                                     const std::string& help) {
  return Argument(app_->add_option(name, values, help)->option_text(kNoValueName)->required());
}

// CLI11 gives all to the first; before it looks for what is missing, the last one is handed on.
void ArgumentParser::positionals_then(const std::string& name, std::vector<std::string>& values,
                                      const std::string& help, const std::string& last_name,
                                      std::string& last, const std::string& last_help) {
  const auto last_option = std::make_shared<CLI::Option*>();
  app_->add_option_function<std::vector<std::string>>(
          name,
          [&values, last_option](const std::vector<std::string>& given) {
            values = given;
            if ((*last_option)->count() != 0 || values.size() < 2) return;
            (*last_option)->add_result(values.back());
            values.pop_back();
          },
          help)
      ->option_text(kNoValueName)
      ->required();
  *last_option =
      app_->add_option(last_name, last, last_help)->option_text(kNoValueName)->required();
}

Argument ArgumentParser::flag(const std::string& names, bool& value, const std::string& help) {
  return Argument(app_->add_flag(names, value, help));
}

Argument ArgumentParser::option(const std::string& names, std::string& value,
                                const std::string& help) {
  return Argument(app_->add_option(names, value, help));
}

Argument ArgumentParser::option(const std::string& names, std::optional<std::string>& value,
                                const std::string& help) {
  return Argument(app_->add_option(names, value, help));
}

Argument ArgumentParser::option(const std::string& names, std::uint64_t& value,
                                const std::string& help) {
  return Argument(
      app_->add_option(names, value, help)->check(complain_of_number<std::uint64_t>, ""));
}

Argument ArgumentParser::option(const std::string& names, std::optional<std::uint64_t>& value,
                                const std::string& help) {
  return Argument(
      app_->add_option(names, value, help)->check(complain_of_number<std::uint64_t>, ""));
}

Argument ArgumentParser::option(const std::string& names, unsigned& value,
                                const std::string& help) {
  return Argument(app_->add_option(names, value, help)->check(complain_of_number<unsigned>, ""));
}

Argument ArgumentParser::option(const std::string& names, std::vector<std::string>& values,
                                const std::string& help) {
  // Without the last, it would also swallow the positional arguments behind it.
  return Argument(app_->add_option(names, values, help)->allow_extra_args(false));
}

Argument ArgumentParser::add_choice(const std::string& names, std::vector<std::string> words,
                                    const std::string& help,
                                    std::function<void(std::size_t)> chosen) {
  const auto choose = [names, words = std::move(words),
                       chosen = std::move(chosen)](const std::string& word) {
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
      throw CLI::ValidationError(names, word + " is none of " + join(words));
    }
    chosen(static_cast<std::size_t>(found - words.begin()));
  };
  return Argument(app_->add_option_function<std::string>(names, choose, help));
}

CommandParser::CommandParser(const std::string& program, const std::string& description,
                             const std::string& version, const std::string& footer)
    : program_(program), app_(std::make_unique<CLI::App>(description, program)) {
  app_->require_subcommand(1);
  app_->get_formatter()->column_width(kHelpColumn);
  app_->get_formatter()->label("SUBCOMMAND", "COMMAND");
  app_->set_version_flag("--version", program + " " + version);
  app_->footer(footer);
}

CommandParser::~CommandParser() = default;

ArgumentParser CommandParser::add_command(const std::string& name, const std::string& summary,
                                          const std::string& footer) {
  CLI::App& command = *app_->add_subcommand(name, summary);
  command.group("Commands");
  command.get_formatter()->column_width(kHelpColumn);
  command.footer(footer);
  return ArgumentParser(command);
}

std::optional<std::string> CommandParser::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return app_->help();
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::ParseError& error) {
    const auto used = app_->get_subcommands();
    const std::string command = used.empty() ? "" : " " + used.front()->get_name();
    throw Error(ErrorCode::usage, error.what(), "nothing was done", program_ + command + " --help");
  }
}

std::string CommandParser::chosen() const {
  return app_->get_subcommands().front()->get_name();
}

}  // namespace manifolddb::cli
