// Writes the graph of the end-to-end benchmark:
//
//   make_graph PEOPLE DIRECTORY
//
// with three relations for each person: records.jsonl (what `manifold apply` takes), nodes.csv and
// edges.csv (what the others load), changes_1.jsonl and changes_01.jsonl (1 % and 0.1 % of the
// people, changed), the same as CSV, and chain_01.jsonl to chain_30.jsonl (1 % each).
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "generated_graph.h"

namespace {

using namespace manifolddb::bench;

class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) throw std::runtime_error("cannot write " + path.string());
  }
  ~TextFile() { std::fclose(file_); }
  TextFile(const TextFile&) = delete;
  void line(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
      throw std::runtime_error("cannot write: is the disk full?");
    }
  }

 private:
  std::FILE* file_;
};

std::string real(double value) {
  char text[32];
  std::string written(text, std::to_chars(text, text + sizeof text, value).ptr);
  if (written.find_first_of(".e") == std::string::npos) written += ".0";
  return written;
}

std::string escaped(const std::string& text, char escape) {
  std::string out;
  for (const char c : text) {
    if (c == '"') out += escape;
    out += c;
  }
  return '"' + out + '"';
}

std::string person_record(const Person& p) {
  return R"({"type":"entity","data":{"id":)" + std::to_string(p.id) + R"(,"labels":[)" +
         (p.employee ? R"("Employee",)" : "") + R"("Person"],"properties":{"active":)" +
         (p.active ? "true" : "false") + R"(,"age":)" + std::to_string(p.age) + R"(,"bio":)" +
         escaped(p.bio, '\\') + R"(,"email":)" + escaped(p.email, '\\') +
         R"(,"joined":{"$datetime":")" + p.joined + R"("},"name":)" + escaped(p.name, '\\') +
         R"(,"score":)" + real(p.score) + "}}}\n";
}

std::string person_csv(const Person& p) {
  return std::to_string(p.id) + (p.employee ? ",Person;Employee," : ",Person,") +
         escaped(p.name, '"') + ',' + escaped(p.email, '"') + ',' + std::to_string(p.age) + ',' +
         real(p.score) + ',' + p.joined + ',' + escaped(p.bio, '"') +
         (p.active ? ",true\n" : ",false\n");
}

std::string relation_record(const Relation& r) {
  return R"({"type":"edge","data":{"id":)" + std::to_string(r.id) + R"(,"source":)" +
         std::to_string(r.source) + R"(,"target":)" + std::to_string(r.target) +
         R"(,"edge_type":")" + (r.follows ? "FOLLOWS" : "KNOWS") + R"(","properties":{"since":)" +
         std::to_string(r.since) + R"(,"weight":)" + real(r.weight) + "}}}\n";
}

std::string relation_csv(const Relation& r) {
  return std::to_string(r.id) + ',' + std::to_string(r.source) + ',' + std::to_string(r.target) +
         (r.follows ? ",FOLLOWS," : ",KNOWS,") + std::to_string(r.since) + ',' + real(r.weight) +
         '\n';
}

// Every `step`-th person from `first` on, as of `generation`.
void write_changes(const std::filesystem::path& directory, const std::string& name,
                   std::uint64_t people, std::uint64_t first, std::uint64_t step,
                   std::uint64_t generation) {
  TextFile records(directory / (name + ".jsonl"));
  TextFile rows(directory / (name + ".csv"));
  rows.line("id,age,score,bio\n");
  for (std::uint64_t id = first; id <= people; id += step) {
    const Person person = make_person(id, generation);
    records.line(person_record(person));
    rows.line(std::to_string(id) + ',' + std::to_string(person.age) + ',' + real(person.score) +
              ',' + escaped(person.bio, '"') + '\n');
  }
}

void write_graph(std::uint64_t people, const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  TextFile records(directory / "records.jsonl");
  {
    TextFile rows(directory / "nodes.csv");
    rows.line("id,labels,name,email,age,score,joined,bio,active\n");
    for (std::uint64_t id = 1; id <= people; ++id) {
      const Person person = make_person(id, 0);
      records.line(person_record(person));
      rows.line(person_csv(person));
    }
  }
  TextFile rows(directory / "edges.csv");
  rows.line("id,source,target,type,since,weight\n");
  for (std::uint64_t id = 1; id <= people * 3; ++id) {
    const Relation relation = make_relation(id, people);
    records.line(relation_record(relation));
    rows.line(relation_csv(relation));
  }
  write_changes(directory, "changes_1", people, 1, 100, 1);
  write_changes(directory, "changes_01", people, 7, 1000, 2);
  for (std::uint64_t link = 1; link <= 30; ++link) {
    const std::string number = (link < 10 ? "0" : "") + std::to_string(link);
    write_changes(directory, "chain_" + number, people, 1 + link * 3, 100, 10 + link);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: make_graph PEOPLE DIRECTORY");
    write_graph(std::strtoull(argv[1], nullptr, 10), argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
