#include "archive_reader.h"

#include <charconv>
#include <istream>
#include <map>

namespace example {

namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// What stands before `separator`; `text` becomes what stands behind it.
std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

std::int64_t to_number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string* text_field(Package& package, std::string_view name) {
  static const std::map<std::string_view, std::string Package::*> fields{
      {"Package", &Package::name},
      {"Version", &Package::version},
      {"Section", &Package::section},
      {"Priority", &Package::priority},
      {"Architecture", &Package::architecture},
      {"Maintainer", &Package::maintainer},
      {"Homepage", &Package::homepage},
      {"Description", &Package::description},
      {"Depends", &Package::depends},
      {"Pre-Depends", &Package::pre_depends},
      {"Recommends", &Package::recommends},
      {"Suggests", &Package::suggests},
      {"Enhances", &Package::enhances},
      {"Conflicts", &Package::conflicts},
      {"Breaks", &Package::breaks},
      {"Replaces", &Package::replaces},
      {"Provides", &Package::provides},
  };
  const auto field = fields.find(name);
  return field == fields.end() ? nullptr : &(package.*field->second);
}

}  // namespace

bool read_package(std::istream& in, Package& package) {
  package = {};
  std::string line;
  std::string* field = nullptr;  // which the next line may continue
  while (std::getline(in, line)) {
    if (line.empty()) {
      if (!package.name.empty()) return true;
      package = {};
      continue;
    }
    if (line[0] == ' ' || line[0] == '\t') {
      if (field != nullptr) field->append("\n").append(trim(line));
      continue;
    }
    std::string_view value = line;
    const std::string_view name = cut(value, ':');
    value = trim(value);
    field = text_field(package, name);
    if (field != nullptr) *field = value;
    if (name == "Size") package.package_bytes = to_number(value);
    if (name == "Installed-Size") package.installed_bytes = 1024 * to_number(value);
  }
  return !package.name.empty();
}

std::vector<Relation> parse_relations(std::string_view field) {
  std::vector<Relation> relations;
  for (int clause = 1; !field.empty(); ++clause) {
    std::string_view alternatives = cut(field, ',');
    for (int alternative = 1; !alternatives.empty(); ++alternative) {
      std::string_view rest = trim(cut(alternatives, '|'));
      Relation relation;
      relation.clause = clause;
      relation.alternative = alternative;
      const auto name_end = rest.find_first_of(" (:[");
      relation.package = rest.substr(0, name_end);
      cut(rest, '(');
      const std::string_view constraint = cut(rest, ')');
      const auto version = constraint.find_first_not_of("<>= ");
      if (version != std::string_view::npos) {
        relation.constraint = trim(constraint.substr(0, version));
        relation.version = trim(constraint.substr(version));
      }
      if (!relation.package.empty()) relations.push_back(std::move(relation));
    }
  }
  return relations;
}

}  // namespace example
