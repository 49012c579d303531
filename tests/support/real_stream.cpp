#include "support/real_stream.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace manifolddb::test_support {

namespace {

namespace fs = std::filesystem;
using Fields = std::vector<std::string>;

constexpr std::size_t kLinesPerTransaction = 200;

Fields split(const std::string& line, char separator) {
  Fields fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"' && separator == ',') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back().push_back(c);
    }
  }
  return fields;
}

struct Table {
  std::string name;
  Fields columns;
  std::vector<Fields> rows;
};

Table read_table(const fs::path& file, char separator, std::size_t rows_max = SIZE_MAX) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  Table table{file.filename().string(), {}, {}};
  std::string line;
  if (std::getline(in, line)) table.columns = split(line, separator);
  while (table.rows.size() < rows_max && std::getline(in, line)) {
    table.rows.push_back(split(line, separator));
  }
  return table;
}

// Ids of the graph for the names of the files.
class Ids {
 public:
  EntityId of(const std::string& kind, const std::string& name) {
    return {ids_.emplace(kind + " " + name, ids_.size() + 1).first->second};
  }
  EdgeId next_edge() { return {++edges_}; }

 private:
  std::map<std::string, std::uint64_t> ids_;
  std::uint64_t edges_ = 0;
};

std::string kind_of(std::string text) {
  text = text.substr(0, text.find_first_of("._"));
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

// The files are an extract: some name what was left out.
void put_if_ends_exist(const Edge& edge, WriteTransaction& transaction) {
  if (transaction.get_entity(edge.source) && transaction.get_entity(edge.target)) {
    transaction.put_edge(edge);
  }
}

using Puts = std::vector<std::function<void(WriteTransaction&)>>;

void add_entities(const Table& table, Ids& ids, Puts& puts) {
  const std::string kind = kind_of(table.name);
  for (const Fields& row : table.rows) {
    Entity entity{ids.of(kind, row[0]), {kind}, {}};
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
      entity.properties[table.columns[i]] = row[i];
    }
    puts.push_back([entity](WriteTransaction& transaction) { transaction.put_entity(entity); });
  }
}

void add_edges(const Table& table, Ids& ids, Puts& puts) {
  const std::string type = split(table.name, '_')[1];
  for (const Fields& row : table.rows) {
    Edge edge;
    edge.id = ids.next_edge();
    edge.source = ids.of(kind_of(table.columns[0]), row[0]);
    edge.target = ids.of(kind_of(table.columns[1]), row[1]);
    edge.edge_type = type;
    if (row.size() > 2) edge.properties[table.columns[2]] = row[2];
    puts.push_back([edge](WriteTransaction& transaction) { put_if_ends_exist(edge, transaction); });
  }
}

void add_in_portions(const Puts& puts, RealStream& stream) {
  for (std::size_t begin = 0; begin < puts.size(); begin += kLinesPerTransaction) {
    const std::size_t end = std::min(begin + kLinesPerTransaction, puts.size());
    stream.push_back([portion = Puts(puts.begin() + static_cast<std::ptrdiff_t>(begin),
                                     puts.begin() + static_cast<std::ptrdiff_t>(end))](
                         WriteTransaction& transaction) {
      for (const auto& put : portion) put(transaction);
    });
  }
}

bool is_entity_table(const fs::path& file) {
  const std::string name = file.filename().string();
  return std::count(name.begin(), name.end(), '_') == 2;  // person_0_0.csv
}

// creation|dependency|1|id|first|last|gender|birthday|creation|ip|browser|city|…|…|tags|…|…
void add_person(const Fields& row, Ids& ids, RealStream& stream) {
  Puts puts;
  Entity person{ids.of("person", row[3]), {"person"}, {}};
  person.properties = {
      {"firstName", row[4]}, {"lastName", row[5]}, {"gender", row[6]}, {"creationDate", row[8]}};
  puts.push_back([person](WriteTransaction& transaction) { transaction.put_entity(person); });
  const auto connect = [&](const std::string& type, EntityId target) {
    Edge edge{ids.next_edge(), person.id, target, type, {}};
    puts.push_back([edge](WriteTransaction& transaction) { put_if_ends_exist(edge, transaction); });
  };
  connect("isLocatedIn", ids.of("place", row[11]));
  for (const std::string& tag : split(row[14], ';')) connect("hasInterest", ids.of("tag", tag));
  stream.push_back([puts](WriteTransaction& transaction) {
    for (const auto& put : puts) put(transaction);
  });
}

}  // namespace

RealStream read_social_network(const fs::path& graphs) {
  std::vector<fs::path> files;
  for (const char* const folder : {"static", "dynamic"}) {
    for (const auto& entry : fs::directory_iterator(graphs / "ldbc-snb-test-data" / folder)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  Ids ids;
  RealStream stream;
  for (const bool entities : {true, false}) {
    for (const fs::path& file : files) {
      if (is_entity_table(file) != entities) continue;
      Puts puts;
      const Table table = read_table(file, '|');
      entities ? add_entities(table, ids, puts) : add_edges(table, ids, puts);
      add_in_portions(puts, stream);
    }
  }
  std::ifstream updates(graphs / "ldbc-snb-update-stream" / "updateStream_0_0_person.csv");
  for (std::string line; std::getline(updates, line);) add_person(split(line, '|'), ids, stream);
  return stream;
}

RealStream read_packages(const fs::path& graphs, std::size_t packages_max) {
  const fs::path folder = graphs / "debian-bookworm-DERIVED";
  const Table packages = read_table(folder / "packages.csv", ',', packages_max);
  std::map<std::uint64_t, std::vector<Edge>> edges;  // by the later of their ends
  std::uint64_t edge_id = 0;
  for (const Fields& row : read_table(folder / "depends.csv", ',').rows) {
    const std::uint64_t source = std::stoull(row[0]), target = std::stoull(row[1]);
    Edge edge{EdgeId{++edge_id}, EntityId{source + 1}, EntityId{target + 1}, row[2], {}};
    if (!row[3].empty()) edge.properties["constraint"] = row[3];
    edges[std::max(source, target)].push_back(std::move(edge));
  }
  RealStream stream;
  for (std::size_t i = 0; i < packages.rows.size(); ++i) {
    const Fields& row = packages.rows[i];
    Entity entity{EntityId{i + 1}, {"Package"}, {{"name", row[1]}, {"version", row[2]}}};
    stream.push_back([entity, relations = edges[i]](WriteTransaction& transaction) {
      transaction.put_entity(entity);
      for (const Edge& edge : relations) transaction.put_edge(edge);
    });
  }
  return stream;
}

}  // namespace manifolddb::test_support
