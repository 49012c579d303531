#include "migrate/csv_header.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/point_text.h"

namespace manifolddb::migrate {

namespace {

using Kind = CsvType::Kind;

[[noreturn]] void refuse_header(const std::string& why) {
  throw Error(ErrorCode::damaged, "the header " + why);
}

std::string lower_word(std::string_view text) {
  std::string word(text);
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

// neo4j-admin's, Neptune's and Kuzu's names.
constexpr std::array<std::pair<std::string_view, Kind>, 36> kTypes{{
    {"string", Kind::text},
    {"char", Kind::text},
    {"boolean", Kind::boolean},
    {"bool", Kind::boolean},
    {"byte", Kind::int8},
    {"short", Kind::int16},
    {"int", Kind::int32},
    {"integer", Kind::int64},
    {"long", Kind::int64},
    {"int8", Kind::int8},
    {"int16", Kind::int16},
    {"int32", Kind::int32},
    {"int64", Kind::int64},
    {"uint8", Kind::uint8},
    {"uint16", Kind::uint16},
    {"uint32", Kind::uint32},
    {"uint64", Kind::uint64},
    {"serial", Kind::int64},
    {"float", Kind::float32},
    {"float32", Kind::float32},
    {"float64", Kind::float64},
    {"double", Kind::float64},
    {"date", Kind::date},
    {"time", Kind::time},
    {"localtime", Kind::local_time},
    {"datetime", Kind::datetime},
    {"localdatetime", Kind::local_datetime},
    {"timestamp", Kind::local_datetime},
    {"duration", Kind::duration},
    {"point", Kind::point},
    {"point2d", Kind::point},
    {"point3d", Kind::point},
    {"vector", Kind::vector},
    {"zoneddatetime", Kind::datetime},
    {"zonedtime", Kind::time},
    {"text", Kind::text},
}};

std::optional<Kind> find_type(std::string_view word) {
  const std::string name = lower_word(word);
  for (const auto& [known, kind] : kTypes) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

// The parts of name:type(space){options}[]
struct HeaderField {
  std::string_view name, type, space, options;
  bool is_list = false;
};

// Takes what stands between `open` and the `close` that ends the text.
std::optional<std::string_view> take_tail(std::string_view& text, char open, char close) {
  if (text.empty() || text.back() != close) return std::nullopt;
  const std::size_t begin = text.rfind(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view inside = text.substr(begin + 1, text.size() - begin - 2);
  text = text.substr(0, begin);
  return inside;
}

// None when it has no type: then all of it is the name.
std::optional<HeaderField> split_field(std::string_view text) {
  HeaderField field;
  for (int i = 0; i < 3; ++i) {
    if (text.ends_with("[]")) {
      field.is_list = true;
      text.remove_suffix(2);
    } else if (const auto options = take_tail(text, '{', '}')) {
      field.options = *options;
    } else if (const auto space = take_tail(text, '(', ')')) {
      field.space = *space;
    }
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  field.name = text.substr(0, colon);
  field.type = text.substr(colon + 1);
  return field;
}

std::string_view option(std::string_view options, std::string_view name) {
  for (std::size_t at = 0; at <= options.size();) {
    const std::size_t end = std::min(options.find(',', at), options.size());
    std::string_view member = options.substr(at, end - at);
    while (!member.empty() && member.front() == ' ') member.remove_prefix(1);
    if (const std::size_t colon = member.find(':');
        colon != std::string_view::npos && member.substr(0, colon) == name) {
      std::string_view value = member.substr(colon + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return value;
    }
    at = end + 1;
  }
  return {};
}

CsvType type_of(const HeaderField& field, std::string_view column) {
  const std::optional<Kind> kind = find_type(field.type);
  if (!kind) {
    refuse_header("gives column " + quote_text(column) + " the type " + quote_text(field.type) +
                  ", which is not known");
  }
  CsvType type;
  type.kind = *kind;
  type.is_list = field.is_list && *kind != Kind::vector;
  type.zone = option(field.options, "timezone");
  if (const std::string_view crs = option(field.options, "crs"); !crs.empty()) {
    type.srid = srid_of(crs);
    if (type.srid == 0) refuse_header("names the unknown reference system " + quote_text(crs));
  }
  return type;
}

CsvColumn neo4j_column(std::string_view text) {
  CsvColumn column;
  const std::optional<HeaderField> field = split_field(text);
  if (!field) {
    column.name = text;
    return column;
  }
  column.name = field->name;
  column.space = field->space;
  const std::string word = lower_word(field->type);
  constexpr std::array<std::pair<std::string_view, CsvRole>, 6> kRoles{{
      {"id", CsvRole::id},
      {"start_id", CsvRole::source},
      {"end_id", CsvRole::target},
      {"label", CsvRole::label},
      {"type", CsvRole::type},
      {"ignore", CsvRole::ignore},
  }};
  for (const auto& [name, role] : kRoles) {
    if (word != name) continue;
    column.role = role;
    if (const std::string_view id_type = option(field->options, "id-type");
        role == CsvRole::id && !id_type.empty()) {
      column.type.kind = lower_word(id_type) == "string" ? Kind::text : Kind::int64;
    }
    return column;
  }
  if (column.name.empty()) refuse_header("has a column " + quote_text(text) + " without a name");
  column.type = type_of(*field, text);
  return column;
}

CsvColumn neptune_column(std::string_view text) {
  CsvColumn column;
  if (text.starts_with('~')) {
    const std::string word = lower_word(text.substr(1));
    constexpr std::array<std::pair<std::string_view, CsvRole>, 4> kRoles{
        {{"id", CsvRole::id},
         {"from", CsvRole::source},
         {"to", CsvRole::target},
         {"label", CsvRole::label}}};
    for (const auto& [name, role] : kRoles) {
      if (word == name) {
        column.role = role;
        return column;
      }
    }
    refuse_header("has a column " + quote_text(text) + "; there are ~id, ~label, ~from and ~to");
  }
  const std::optional<HeaderField> field = split_field(text);
  if (!field) {
    column.name = text;
    return column;
  }
  column.name = field->name;
  column.type = type_of(*field, text);
  if (column.type.kind == Kind::date) column.type.kind = Kind::date_or_datetime;
  // The cardinality, single or set.
  if (lower_word(field->space) == "set") column.type.is_list = true;
  return column;
}

CsvColumn apoc_column(std::string_view text) {
  CsvColumn column;
  constexpr std::array<std::pair<std::string_view, CsvRole>, 5> kRoles{{{"_id", CsvRole::id},
                                                                        {"_labels", CsvRole::label},
                                                                        {"_start", CsvRole::source},
                                                                        {"_end", CsvRole::target},
                                                                        {"_type", CsvRole::type}}};
  for (const auto& [name, role] : kRoles) {
    if (text == name) {
      column.role = role;
      return column;
    }
  }
  column.name = text;
  return column;
}

// A column is chosen by its name, or by its number from 1 on.
bool is_chosen(const CsvColumn& column, std::size_t number,
               const std::optional<std::string>& chosen,
               std::initializer_list<std::string_view> usual) {
  if (chosen) return column.name == *chosen || std::to_string(number) == *chosen;
  return std::find(usual.begin(), usual.end(), lower_word(column.name)) != usual.end();
}

CsvColumn plain_column(std::string_view text, std::size_t number, const CsvOptions& options) {
  CsvColumn column;
  column.name = text;
  if (const auto field = split_field(text); field && find_type(field->type)) {
    column.name = field->name;
    column.type = type_of(*field, text);
  }
  // The id stays a property as well: it means something where it comes from.
  if (is_chosen(column, number, options.source, {"source", "from"})) {
    column.role = CsvRole::source;
  } else if (is_chosen(column, number, options.target, {"target", "to"})) {
    column.role = CsvRole::target;
  } else if (is_chosen(column, number, options.id, {"id"})) {
    column.role = CsvRole::id;
  } else if (is_chosen(column, number, options.label, {"label"})) {
    column.role = CsvRole::label;
  } else if (is_chosen(column, number, options.edge_type, {"type"})) {
    column.role = CsvRole::type;
  }
  return column;
}

CsvColumn parse_column(CsvDialect dialect, std::string_view text, std::size_t number,
                       const CsvOptions& options) {
  switch (dialect) {
    case CsvDialect::neo4j:
      return neo4j_column(text);
    case CsvDialect::neptune:
      return neptune_column(text);
    case CsvDialect::apoc:
      return apoc_column(text);
    case CsvDialect::plain:
      return plain_column(text, number, options);
  }
  return {};
}

bool has_role(const std::vector<CsvColumn>& columns, CsvRole role) {
  return std::any_of(columns.begin(), columns.end(),
                     [role](const CsvColumn& column) { return column.role == role; });
}

// In a file of edges an id is the edge's own; a label is its type, but for Neo4j, and but for
// tables that have a column for the type too. In one of nodes a type is nothing special.
void settle_roles(CsvDialect dialect, const CsvOptions& options, CsvHeader& header) {
  const bool has_type = has_role(header.columns, CsvRole::type);
  for (CsvColumn& column : header.columns) {
    if (!header.has_edges && column.role == CsvRole::type && dialect == CsvDialect::plain) {
      column.role = CsvRole::property;
    }
    if (!header.has_nodes && column.role == CsvRole::label) {
      const bool is_property = dialect == CsvDialect::plain && has_type && !options.label;
      column.role = dialect == CsvDialect::neo4j ? CsvRole::label_of_edge
                    : is_property                ? CsvRole::property
                                                 : CsvRole::type;
    }
  }
}

void check_columns(const CsvHeader& header) {
  std::set<std::string_view> names;
  for (const CsvColumn& column : header.columns) {
    const bool is_end = column.role == CsvRole::source || column.role == CsvRole::target;
    if (column.role == CsvRole::ignore || column.role == CsvRole::label ||
        column.role == CsvRole::label_of_edge || is_end || column.role == CsvRole::type ||
        column.name.empty()) {
      continue;
    }
    if (!names.insert(column.name).second) {
      refuse_header("has the column " + quote_text(column.name) + " twice");
    }
  }
  struct OnlyRole {
    CsvRole role;
    const char* what;
  };
  constexpr OnlyRole kOnlyRoles[] = {{CsvRole::id, "id"},
                                     {CsvRole::source, "source"},
                                     {CsvRole::target, "target"},
                                     {CsvRole::type, "type"}};
  for (const OnlyRole& only : kOnlyRoles) {
    const auto count = std::count_if(header.columns.begin(), header.columns.end(),
                                     [&](const CsvColumn& c) { return c.role == only.role; });
    if (count > 1) refuse_header("has two columns for the " + std::string(only.what));
  }
}

}  // namespace

bool is_header_of(CsvDialect dialect, const std::vector<CsvField>& fields) {
  const auto any_is = [&fields](auto matches) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const CsvField& field) { return matches(field.text); });
  };
  switch (dialect) {
    case CsvDialect::neo4j:
      return any_is([](std::string_view text) {
        const std::optional<HeaderField> field = split_field(text);
        if (!field) return false;
        const std::string word = lower_word(field->type);
        return word == "id" || word == "start_id" || word == "end_id" || word == "label";
      });
    case CsvDialect::neptune:
      return any_is([](std::string_view text) { return text == "~id" || text == "~from"; });
    case CsvDialect::apoc:
      return any_is([](std::string_view text) { return text == "_id" || text == "_start"; }) &&
             any_is([](std::string_view text) { return text == "_labels" || text == "_type"; });
    case CsvDialect::plain:
      return true;
  }
  return false;
}

CsvHeader parse_csv_header(CsvDialect dialect, const std::vector<CsvField>& fields,
                           const CsvOptions& options) {
  CsvHeader header;
  for (const CsvField& field : fields) {
    header.columns.push_back(parse_column(dialect, field.text, header.columns.size() + 1, options));
  }
  const bool has_source = has_role(header.columns, CsvRole::source);
  const bool has_target = has_role(header.columns, CsvRole::target);
  if (has_source != has_target && dialect == CsvDialect::plain) {
    // A table of nodes that happens to have a column of that name or number.
    for (CsvColumn& column : header.columns) {
      if (column.role == CsvRole::source || column.role == CsvRole::target) {
        column.role = CsvRole::property;
      }
    }
  } else if (has_source != has_target) {
    refuse_header(std::string("has a column for the ") + (has_source ? "source" : "target") +
                  " of edges, and none for the " + (has_source ? "target" : "source"));
  }
  header.has_edges = has_source && has_target;
  header.has_nodes = dialect == CsvDialect::apoc || !header.has_edges;
  settle_roles(dialect, options, header);
  check_columns(header);
  return header;
}

char guess_delimiter(std::string_view head, char quote) {
  constexpr std::string_view kDelimiters = ",;|\t";
  std::array<std::size_t, kDelimiters.size()> counts{};
  bool quoted = false;
  for (const char c : head) {
    if (c == quote) quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') {
      if (*std::max_element(counts.begin(), counts.end()) != 0) break;
      continue;
    }
    if (const std::size_t which = kDelimiters.find(c); which != std::string_view::npos) {
      ++counts[which];
    }
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  return *most == 0 ? ',' : kDelimiters[static_cast<std::size_t>(most - counts.begin())];
}

}  // namespace manifolddb::migrate
