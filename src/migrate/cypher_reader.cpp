// Statements that build a graph again: those of Memgraph's DUMP DATABASE, and those that we export
// for cypher-shell. This is no Cypher engine: statements of other forms are refused.
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifolddb/error.h"
#include "migrate/cypher_cursor.h"
#include "migrate/cypher_statements.h"
#include "migrate/cypher_value.h"
#include "migrate/formats.h"
#include "migrate/item_budget.h"
#include "migrate/value_notes.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kOfStatement = "the statement, with its labels, properties, lists and maps,";
constexpr const char* kMarkNotKept = "a node's id of the source is not kept";

// What nodes have until the last statements take it away, so that edges can name them: a label, and
// a property with a number.
struct CypherMark {
  std::string_view label, property;
  CypherCursor::Unicode unicode;
  const char* last_statement;
};

constexpr CypherMark kMemgraphMark{"__mg_vertex__", "__mg_id__", CypherCursor::Unicode::in_texts,
                                   "MATCH (u) REMOVE u:__mg_vertex__, u.__mg_id__;"};
constexpr CypherMark kOwnMark{"manifold import", "manifold import",
                              CypherCursor::Unicode::everywhere,
                              "DROP CONSTRAINT `manifold import` IF EXISTS;"};

const CypherMark* find_mark(std::string_view label) {
  for (const CypherMark* mark : {&kMemgraphMark, &kOwnMark}) {
    if (mark->label == label) return mark;
  }
  return nullptr;
}

// What a statement makes that we have not: by the word of its first four that names it.
struct DroppedKind {
  const char* word;
  const char* kind;
};
constexpr std::array<DroppedKind, 6> kDroppedKinds{{
    {"INDEX", "an index is not kept"},
    {"CONSTRAINT", "a constraint is not kept"},
    {"TRIGGER", "a trigger is not kept"},
    {"ENUM", "an enum is not kept: its values are texts"},
    {"MODE", "a storage mode is not kept"},
    {"TTL", "a time to live is not kept"},
}};
constexpr int kDroppedWordsMax = 4;

const char* find_dropped(CypherCursor& cursor) {
  for (int i = 0; i < kDroppedWordsMax && !cursor.peek_word().empty(); ++i) {
    for (const DroppedKind& dropped : kDroppedKinds) {
      if (cursor.take_word(dropped.word)) return dropped.kind;
    }
    cursor.name();
  }
  return nullptr;
}

class CypherImport {
 public:
  CypherImport(InputFiles& files, const ImportOptions& options, GraphSink& sink)
      : files_(files), options_(options), sink_(sink) {}

  void run() {
    for (std::uint32_t file = 0; file < files_.size(); ++file) {
      CypherStatements statements(files_, file);
      while (statements.next()) take(statements);
    }
    if (open_mark_ == nullptr) return;
    throw Error(ErrorCode::damaged,
                files_.name(static_cast<std::uint32_t>(files_.size() - 1)) +
                    ": its last statements are missing: the file was cut short",
                {},
                std::string("make the file again; if all of it is there, this ends it: ") +
                    open_mark_->last_statement);
  }

 private:
  void take(const CypherStatements& statements) {
    cursor_.reset(statements.text());
    place_ = statements.place();
    mark_ = nullptr;
    properties_.clear();
    labels_.clear();
    budget_ = ItemBudget(kOfStatement);
    try {
      take_statement();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      sink_.refuse(statements.place_at(cursor_.offset()), error.what());
    }
  }

  void take_statement() {
    if (cursor_.take_word("CREATE")) {
      return cursor_.peek() == '(' ? take_node() : take_schema(Schema::is_made);
    }
    if (cursor_.take_word("MATCH")) return take_match();
    if (cursor_.take_word("DROP")) return take_schema(Schema::is_dropped);
    if (cursor_.take_word("STORAGE") || cursor_.take_word("ENABLE")) {
      return take_schema(Schema::is_made);
    }
    if (cursor_.take_word("ANALYZE")) return cursor_.expect_word("GRAPH");  // changes nothing
    cursor_.fail("a statement of a dump (CREATE, MATCH, DROP, STORAGE MODE)");
  }

  enum class Schema { is_made, is_dropped };

  // Behind its first word. What only the dump itself needs is nothing that gets lost.
  void take_schema(Schema schema) {
    const char* const kind = find_dropped(cursor_);
    if (kind == nullptr) cursor_.fail("an index, a constraint or another thing that dumps have");
    cursor_.take_word("ON");
    cursor_.take(":");
    if (cursor_.peek() == '`' || !cursor_.peek_word().empty()) {
      const CypherMark* const mark = find_mark(cursor_.name());
      if (mark == &kOwnMark && schema == Schema::is_dropped) open_mark_ = nullptr;
      if (mark != nullptr) return;
    }
    sink_.convert(kind, place_);
  }

  // The label that marks says how the rest is to be read.
  bool take_mark(std::string_view label) {
    mark_ = find_mark(label);
    if (mark_ != nullptr) cursor_.set_unicode(mark_->unicode);
    return mark_ != nullptr;
  }

  void expect_mark() {
    cursor_.expect(":");
    if (!take_mark(cursor_.name())) {
      throw Error(ErrorCode::invalid_argument,
                  "nodes are matched by a label that is not __mg_vertex__, as dumps mark them");
    }
  }

  std::string_view take_variable() {
    if (cursor_.peek() == ':' || cursor_.peek() == '{' || cursor_.peek() == ')') return {};
    return cursor_.name();
  }

  // (:`mark`:`Label` {`mark`: 7, `name`: "x"})
  void take_node() {
    cursor_.expect("(");
    take_variable();
    while (cursor_.take(":")) {
      const std::string_view label = cursor_.name();
      if (labels_.empty() && mark_ == nullptr && take_mark(label)) continue;
      budget_.take();
      labels_.push_back(label);
    }
    std::optional<std::int64_t> number;
    if (cursor_.peek() == '{') number = take_properties(mark_);
    cursor_.expect(")");
    cursor_.expect_end();
    if (mark_ != nullptr && !number) {
      throw Error(ErrorCode::invalid_argument,
                  "the node has no " + std::string(mark_->property) + ", though it is marked");
    }
    SourceNode node;
    node.place = place_;
    std::string id;
    if (number) {
      id = std::to_string(*number);
      node.id = ExternalId{0, id};
      open_mark_ = mark_;
      if (options_.ids != IdChoice::keep) sink_.convert(kMarkNotKept, place_);
    }
    node.labels = labels_;
    node.properties = &properties_;
    sink_.node(node);
  }

  // {…}: returns the number of the mark's property, which comes first, where a mark is given.
  std::optional<std::int64_t> take_properties(const CypherMark* mark) {
    std::optional<std::int64_t> number;
    cursor_.expect("{");
    if (cursor_.take("}")) return number;
    bool is_first = true;
    do {
      const std::string_view name = cursor_.name();
      cursor_.expect(":");
      if (std::exchange(is_first, false) && mark != nullptr && name == mark->property) {
        number = cursor_.integer();
        continue;
      }
      budget_.take();
      notes_.clear();
      properties_.add(name, read_cypher_value(cursor_, notes_, budget_));
      notes_.tell(sink_, place_);
    } while (cursor_.take(","));
    cursor_.expect("}");
    return number;
  }

  // A node of MATCH: its variable, and the number that it was matched by.
  struct MatchedNode {
    std::string_view variable;
    std::optional<std::int64_t> number;
  };

  MatchedNode take_pattern() {
    MatchedNode node;
    cursor_.expect("(");
    node.variable = cursor_.name();
    if (cursor_.peek() == ':') expect_mark();
    if (mark_ != nullptr && cursor_.take("{")) {
      take_mark_property();
      cursor_.expect(":");
      node.number = cursor_.integer();
      cursor_.expect("}");
    }
    cursor_.expect(")");
    return node;
  }

  void take_mark_property() {
    if (cursor_.name() != mark_->property) cursor_.fail("only " + std::string(mark_->property));
  }

  void take_match() {
    MatchedNode a = take_pattern();
    if (!cursor_.take(",")) return take_cleanup(a.variable);
    if (mark_ == nullptr) cursor_.fail("a node with the label of a dump before it");
    MatchedNode b = take_pattern();
    if (cursor_.take_word("WHERE")) {
      do {
        take_condition(a, b);
      } while (cursor_.take_word("AND"));
    }
    if (!a.number || !b.number || a.variable == b.variable) {
      cursor_.fail("the numbers of two nodes before it");
    }
    cursor_.expect_word("CREATE");
    take_edge(a, b);
  }

  // u.__mg_id__ = 0
  void take_condition(MatchedNode& a, MatchedNode& b) {
    const std::string_view variable = cursor_.name();
    if (variable != a.variable && variable != b.variable) cursor_.fail("a variable of MATCH");
    MatchedNode& node = variable == a.variable ? a : b;
    cursor_.expect(".");
    take_mark_property();
    cursor_.expect("=");
    if (node.number) cursor_.fail("one condition for a node");
    node.number = cursor_.integer();
  }

  std::int64_t take_end(const MatchedNode& a, const MatchedNode& b) {
    cursor_.expect("(");
    const std::string_view variable = cursor_.name();
    if (variable != a.variable && variable != b.variable) cursor_.fail("a variable of MATCH");
    cursor_.expect(")");
    return *(variable == a.variable ? a : b).number;
  }

  // (u)-[:`TYPE` {…}]->(v)
  void take_edge(const MatchedNode& a, const MatchedNode& b) {
    const std::string source = std::to_string(take_end(a, b));
    cursor_.expect("-");
    cursor_.expect("[");
    if (cursor_.peek() != ':') cursor_.name();
    cursor_.expect(":");
    const std::string_view type = cursor_.name();
    if (cursor_.peek() == '{') take_properties(nullptr);
    cursor_.expect("]");
    cursor_.expect("->");
    const std::string target = std::to_string(take_end(a, b));
    cursor_.expect_end();
    open_mark_ = mark_;
    SourceEdge edge;
    edge.place = place_;
    edge.source.text = source;
    edge.target.text = target;
    edge.type = type;
    edge.properties = &properties_;
    sink_.edge(edge);
  }

  // [WITH n LIMIT 10000] REMOVE u:__mg_vertex__, u.__mg_id__
  void take_cleanup(std::string_view variable) {
    const auto take_variable_again = [&] {
      if (cursor_.name() != variable) cursor_.fail("the variable of MATCH");
    };
    if (cursor_.take_word("WITH")) {
      take_variable_again();
      cursor_.expect_word("LIMIT");
      cursor_.integer();
    }
    cursor_.expect_word("REMOVE");
    take_variable_again();
    expect_mark();
    cursor_.expect(",");
    take_variable_again();
    cursor_.expect(".");
    take_mark_property();
    cursor_.expect_end();
    if (mark_ == &kMemgraphMark) open_mark_ = nullptr;
  }

  InputFiles& files_;
  const ImportOptions& options_;
  GraphSink& sink_;
  CypherCursor cursor_;
  Place place_;
  const CypherMark* mark_ = nullptr;       // of the statement
  const CypherMark* open_mark_ = nullptr;  // of nodes that no statement has taken it from yet
  PropertyList properties_;
  std::vector<std::string_view> labels_;
  ItemBudget budget_{kOfStatement};
  ValueNotes notes_;
};

bool recognises_cypher(std::string_view head, const ImportOptions&) {
  CypherCursor cursor;
  cursor.reset(head);
  try {
    while (cursor.take(";")) continue;
    if (cursor.take_word("CREATE")) return cursor.peek() == '(' || find_dropped(cursor) != nullptr;
    if (cursor.take_word("MATCH")) return cursor.peek() == '(';
    return cursor.take_word("STORAGE") && cursor.take_word("MODE");
  } catch (const Error&) {
    return false;
  }
}

void read_cypher(InputFiles& files, const ImportOptions& options, GraphSink& sink) {
  CypherImport(files, options, sink).run();
}

}  // namespace

const Format kCypherlFormat{"cypherl",
                            "statements of Memgraph's DUMP DATABASE, and of our own export",
                            recognises_cypher, read_cypher};

}  // namespace manifolddb::migrate
