// import(export(g)) is g for the part that APOC's JSON, GraphML and Cypher can hold, the rest is
// reported: random graphs with values of every type.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "common/json_writer.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/random_graph.h"

namespace manifolddb::test_support {
namespace {

// What becomes of a value, in words of this test; none: only that it is there is compared.
using Held = std::optional<Value>;

std::string value_text(const Value& value) {
  std::string encoded, text;
  encode_value(value, 1, encoded);
  append_json_value(encoded, text);
  return text;
}

std::string base64_of(const Bytes& bytes) {
  std::string text;
  append_base64(bytes.data, text);
  return text;
}

Held held_by_json(const Value& value, int depth = 1) {
  if (value.is_null() || value.get_if<bool>() || value.get_if<std::int64_t>() ||
      value.get_if<std::string>()) {
    return value;
  }
  if (const auto* real = value.get_if<double>()) return std::isfinite(*real) ? value : Value();
  if (const auto* bytes = value.get_if<Bytes>()) return base64_of(*bytes);
  if (const auto* point = value.get_if<Point>()) {
    const bool is_finite =
        std::isfinite(point->x) && std::isfinite(point->y) && std::isfinite(point->z.value_or(0));
    return is_finite ? value : Value();
  }
  if (const auto* list = value.get_if<List>()) {
    List held;
    for (const Value& item : *list) {
      const Held part = held_by_json(item, depth + 1);
      if (!part) return std::nullopt;
      held.push_back(*part);
    }
    return held;
  }
  if (const auto* map = value.get_if<Map>()) {
    Map held;
    for (const auto& [key, item] : *map) {
      const Held part = held_by_json(item, depth + 1);
      if (!part) return std::nullopt;
      held.emplace(key, *part);
    }
    return held;
  }
  if (const auto* vector = value.get_if<Vector>()) {
    if (depth > 45) return std::nullopt;  // no room for its items
    List held;
    for (const float element : vector->elements) {
      held.push_back(std::isfinite(element) ? Value(double{element}) : Value());
    }
    return held;
  }
  return std::nullopt;
}

bool has_control(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return true;
  }
  return text.find("\xEF\xBF\xBE") != std::string::npos ||
         text.find("\xEF\xBF\xBF") != std::string::npos;
}

// Texts say that a number is none, not which bits it has.
bool keeps_bits(double real) {
  return !std::isnan(real) ||
         std::bit_cast<std::uint64_t>(real) ==
             std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
}

Held held_by_graphml(const Value& value) {
  if (value.get_if<bool>() || value.get_if<std::int64_t>() || value.get_if<std::string>()) {
    return value;
  }
  if (const auto* real = value.get_if<double>()) {
    return keeps_bits(*real) ? Held(value) : std::nullopt;
  }
  if (const auto* bytes = value.get_if<Bytes>()) return base64_of(*bytes);
  if (const auto* list = value.get_if<List>()) {
    for (const Value& item : *list) {
      const auto* real = item.get_if<double>();
      const auto* text = item.get_if<std::string>();
      const bool is_plain = item.get_if<bool>() || item.get_if<std::int64_t>() || text ||
                            (real && std::isfinite(*real));
      if (!is_plain || item.variant().index() != list->front().variant().index()) {
        return std::nullopt;
      }
    }
    return value;
  }
  return std::nullopt;
}

Held held_by_cypher(const Value& value) {
  if (const auto* real = value.get_if<double>(); real && !keeps_bits(*real)) {
    return std::nullopt;
  }
  if (const auto* bytes = value.get_if<Bytes>()) return base64_of(*bytes);
  if (const auto* vector = value.get_if<Vector>()) {
    List held;
    for (const float element : vector->elements) {
      if (std::isnan(element)) return std::nullopt;
      held.push_back(double{element});
    }
    return held;
  }
  if (const auto* point = value.get_if<Point>()) {
    const bool has_nan =
        std::isnan(point->x) || std::isnan(point->y) || std::isnan(point->z.value_or(0));
    if (has_nan || (point->srid == 4326 && point->z)) return std::nullopt;
  }
  if (const auto* list = value.get_if<List>()) {
    for (const Value& item : *list) {
      const Held held = held_by_cypher(item);
      // What is no property of Neo4j is text.
      if (!held || !(*held == item) || item.get_if<List>() ||
          item.variant().index() != list->front().variant().index()) {
        return std::nullopt;
      }
    }
  }
  if (value.is_null() || value.get_if<Map>() || value.get_if<SparseVector>() ||
      value.get_if<MultiVector>()) {
    return std::nullopt;
  }
  return value;
}

// A form, and what it can hold.
struct HeldForm {
  std::string name;
  std::string read_as;  // the format as which it comes back
  Held (*held)(const Value& value);
  bool keeps_edge_ids;
  bool (*leaves_out_label)(const std::string& label);
  bool (*leaves_out_edge)(const std::string& type);
  bool (*leaves_out)(const std::string& name, const Value& value);
};

const std::vector<HeldForm>& held_forms() {
  static const std::vector<HeldForm> forms{
      {"neo4j-apoc", "neo4j-apoc", [](const Value& value) { return held_by_json(value); }, true,
       [](const std::string&) { return false; }, [](const std::string&) { return false; },
       [](const std::string&, const Value&) { return false; }},
      {"graphml", "graphml", held_by_graphml, true,
       [](const std::string& label) {
         return label.empty() || label.find(':') != std::string::npos || has_control(label);
       },
       [](const std::string& type) { return type.empty() || has_control(type); },
       [](const std::string& name, const Value& value) {
         return value.is_null() || has_control(name) || !held_by_graphml(value) ||
                (value.get_if<std::string>() && has_control(*value.get_if<std::string>()));
       }},
      {"cypher", "cypherl", held_by_cypher, false,
       [](const std::string& label) { return label.empty(); },
       [](const std::string& type) { return type.empty(); },
       [](const std::string& name, const Value& value) { return value.is_null() || name.empty(); }},
  };
  return forms;
}

struct RoundTrip {
  migrate::ExportReport report;
  ImportedGraph after;
  std::uint64_t changes = 0;  // properties, labels and edges that are not what they were
  std::uint64_t losses = 0;   // that the export reported
};

RoundTrip round_trip(const RandomGraph& graph, const HeldForm& form) {
  const test::TempDir folder;
  Database database = Database::in_memory();
  WriteTransaction transaction = database.begin();
  for (const Entity& entity : graph.entities) transaction.put_entity(entity);
  for (const Edge& edge : graph.edges) transaction.put_edge(edge);
  transaction.commit();
  migrate::ExportOptions options;
  options.form = form.name;
  RoundTrip trip;
  trip.report = migrate::export_graph(database, folder / "a", options);
  migrate::export_graph(database, folder / "b", options);
  EXPECT_EQ(test::read_file(folder / "a"), test::read_file(folder / "b"));
  EXPECT_EQ(trip.report.file_count, 1u);
  migrate::ImportOptions import;
  import.ids = migrate::IdChoice::keep;
  migrate::Input input;
  input.files = {folder / "a"};
  trip.after = import_inputs({input}, import);
  EXPECT_EQ(trip.after.report.format, form.read_as);
  for (const auto& conversion : trip.report.conversions) trip.losses += conversion.count;
  return trip;
}

void compare_properties(const Properties& before, const Properties& after, const HeldForm& form,
                        RoundTrip& trip) {
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      EXPECT_TRUE(form.leaves_out(name, value)) << quote_text(name);
      ++trip.changes;
      continue;
    }
    if (const Held held = form.held(value)) {
      EXPECT_TRUE(found->second == *held) << quote_text(name) << ": " << value_text(value)
                                          << " became " << value_text(found->second);
    }
    if (!(found->second == value)) ++trip.changes;
  }
  for (const auto& [name, value] : after) EXPECT_TRUE(before.contains(name)) << quote_text(name);
}

void compare_entity(const Entity& before, const Entity& after, const HeldForm& form,
                    RoundTrip& trip) {
  EXPECT_EQ(before.id, after.id);
  std::vector<std::string> labels;
  for (const std::string& label : before.labels) {
    if (form.leaves_out_label(label)) {
      ++trip.changes;
    } else {
      labels.push_back(label);
    }
  }
  EXPECT_EQ(labels, after.labels);
  compare_properties(before.properties, after.properties, form, trip);
}

void check(const HeldForm& form, std::uint64_t seed) {
  SCOPED_TRACE(form.name + ", seed " + std::to_string(seed));
  RandomGraphOptions options;
  options.metadata = 0;
  const RandomGraph graph = make_random_graph(seed, options);
  RoundTrip trip = round_trip(graph, form);
  ASSERT_EQ(trip.after.entities.size(), graph.entities.size());
  for (std::size_t i = 0; i < graph.entities.size(); ++i) {
    compare_entity(graph.entities[i], trip.after.entities[i], form, trip);
  }
  auto after = trip.after.edges.begin();
  for (const Edge& before : graph.edges) {
    if (form.leaves_out_edge(before.edge_type)) {
      ++trip.changes;
      continue;
    }
    ASSERT_NE(after, trip.after.edges.end());
    if (form.keeps_edge_ids) {
      EXPECT_EQ(before.id, after->id);
    } else {
      trip.changes += before.id != after->id;
    }
    EXPECT_EQ(before.source, after->source);
    EXPECT_EQ(before.target, after->target);
    EXPECT_EQ(before.edge_type, after->edge_type);
    compare_properties(before.properties, after->properties, form, trip);
    ++after;
  }
  EXPECT_EQ(after, trip.after.edges.end());
  // Nothing changes without a word; within one value more than one thing may, and the ids of edges
  // may come out the same.
  EXPECT_GE(trip.losses, trip.changes);
  if (form.keeps_edge_ids) {
    EXPECT_EQ(trip.losses == 0, trip.changes == 0);
  }
}

TEST(FileForms, ImportOfAnExportIsTheGraphForWhatTheFormHolds) {
  const std::uint64_t first = std::random_device()();
  std::printf("first seed: %llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + 8; ++seed) {
    for (const HeldForm& form : held_forms()) check(form, seed);
  }
}

std::string exported(Database& database, const std::string& form,
                     migrate::ExportReport* report = nullptr) {
  const test::TempDir folder;
  migrate::ExportOptions options;
  options.form = form;
  const migrate::ExportReport written = migrate::export_graph(database, folder / "out", options);
  if (report != nullptr) *report = written;
  return test::read_file(folder / "out");
}

Database small_graph() {
  Database database = Database::in_memory();
  WriteTransaction transaction = database.begin();
  const EntityId ada = transaction.create_entity(
      {"A`B", "Person"}, {{"name", "A\"d\\a\n"},
                          {"born", Date{-56270}},
                          {"at", Point{4326, 1, 2, {}}},
                          {"marks", List{1.5, 2.0}},
                          {"when", DateTime{0, 0, std::int16_t{60}, "Europe/Paris"}}});
  const EntityId bob = transaction.create_entity({}, {});
  transaction.create_edge(ada, bob, "KNOWS", {{"since", 1993}, {"mixed", List{1, "x"}}});
  transaction.put_metadata("key", "value");
  transaction.commit();
  return database;
}

TEST(FileForms, CypherIsStatementsOneALine) {
  Database database = small_graph();
  migrate::ExportReport report;
  EXPECT_EQ(
      exported(database, "cypher", &report),
      R"(CREATE CONSTRAINT `manifold import` IF NOT EXISTS FOR (n:`manifold import`) REQUIRE n.`manifold import` IS UNIQUE;
CREATE (:`manifold import`:`A``B`:`Person` {`manifold import`: 1, `at`: point({srid: 4326, x: 1.0, y: 2.0}), `born`: date("1815-12-10"), `marks`: [1.5, 2.0], `name`: "A\"d\\a\n", `when`: datetime("1970-01-01T00:00:00+01:00[Europe/Paris]")});
CREATE (:`manifold import` {`manifold import`: 2});
MATCH (a:`manifold import` {`manifold import`: 1}), (b:`manifold import` {`manifold import`: 2}) CREATE (a)-[:`KNOWS` {`mixed`: "[1,\"x\"]", `since`: 1993}]->(b);
MATCH (n:`manifold import`) WITH n LIMIT 10000 REMOVE n:`manifold import`, n.`manifold import`;
DROP CONSTRAINT `manifold import` IF EXISTS;
)");
  ASSERT_EQ(report.conversions.size(), 3u);
  EXPECT_EQ(report.conversions[0].kind, "an edge's id is not kept");
  EXPECT_EQ(report.conversions[1].kind,
            "a map, mixed list, sparse or multi-vector is text, as JSON");
  EXPECT_EQ(report.conversions[2].kind, "a metadata entry is left out");
}

// \uXXXX is a character wherever it stands in a statement.
TEST(FileForms, CypherHoldsNamesAndTextsThatLookLikeEscapes) {
  Database database = Database::in_memory();
  WriteTransaction transaction = database.begin();
  transaction.create_entity({"C:\\users"}, {{"a\\u0060b", "\\u0022\\x"}});
  transaction.commit();
  const std::string text = exported(database, "cypher");
  EXPECT_NE(text.find(R"(:`C:\u005Cusers` )"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(`a\u005Cu0060b`: "\u005C\u005Cu0022\\x")"), std::string::npos) << text;
}

TEST(FileForms, ApocJsonIsAsApocWritesIt) {
  Database database = small_graph();
  EXPECT_EQ(
      exported(database, "neo4j-apoc"),
      R"({"type":"node","id":"1","labels":["A`B","Person"],"properties":{"at":{"crs":"wgs-84","latitude":2.0,"longitude":1.0,"height":null},"born":"1815-12-10","marks":[1.5,2.0],"name":"A\"d\\a\n","when":"1970-01-01T00:00:00+01:00[Europe/Paris]"}}
{"type":"node","id":"2"}
{"id":"1","type":"relationship","label":"KNOWS","properties":{"mixed":[1,"x"],"since":1993},"start":{"id":"1","labels":["A`B","Person"]},"end":{"id":"2"}}
)");
}

TEST(FileForms, NothingIsReplaced) {
  Database database = small_graph();
  const test::TempDir folder;
  test::write_file(folder / "out", "mine");
  for (const char* form : {"neo4j-apoc", "graphml", "cypher"}) {
    migrate::ExportOptions options;
    options.form = form;
    const Error error =
        test::error_of([&] { migrate::export_graph(database, folder / "out", options); });
    EXPECT_EQ(error.code(), ErrorCode::would_overwrite);
    EXPECT_EQ(test::read_file(folder / "out"), "mine");
  }
}

}  // namespace
}  // namespace manifolddb::test_support
