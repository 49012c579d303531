// GraphML, as graph libraries write it, and the dialects of APOC, TinkerPop and yEd.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/formats.h"
#include "migrate/graphml_keys.h"
#include "migrate/xml_budget.h"
#include "migrate/xml_edge.h"
#include "migrate/xml_reader.h"

namespace manifolddb::migrate {

namespace {

using Of = GraphmlKeys::Of;
using Role = GraphmlKey::Role;

// A node or edge whose element is open; a graph may lie within a node.
struct OpenRecord {
  Of of = Of::node;
  Place place;
  std::string id, source, target, type;
  std::vector<std::string> labels;
  bool is_of_apoc = false;  // labels or the type are attributes
  bool is_undirected = false;
  bool is_ignored = false;
  std::size_t graphs_around = 0;
  std::string drawn_label;  // of yEd
  std::vector<std::pair<const GraphmlKey*, std::string>> values;
  std::size_t bytes = 0;
};

void split_labels(std::string_view text, std::vector<std::string>& labels) {
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (colon != 0) labels.emplace_back(text.substr(0, colon));
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
}

std::string trimmed_text(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin));
}

class GraphmlImport final : public XmlHandler {
 public:
  GraphmlImport(InputFiles& files, std::uint32_t file, const ImportOptions& options,
                GraphSink& sink)
      : reader_(files, file), name_(files.name(file)), options_(options), sink_(sink) {
    // Ids are those of one file.
    if (files.size() > 1) space_ = sink.id_space(name_);
  }

  void run() {
    reader_.read(*this);
    if (!has_graph_) throw Error(ErrorCode::damaged, name_ + " has no graph: it is no GraphML");
  }

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (inside_ != 0) return start_inside(name);
    if (name == "key") {
      key_ = keys_.declare(attributes, reader_);
      declared_bytes_.take(attributes.bytes());
      if (key_ != nullptr && !key_->is_type_known) {
        convert("a key of a type that GraphML does not have: its values are texts");
      }
    } else if (name == "default" || name == "data") {
      text_.clear();
      inside_ = 1;
      data_key_ = name == "data" ? find_key(attributes) : nullptr;
    } else if (name == "graph") {
      has_graph_ = true;
      undirected_.push_back(attributes.find("edgedefault") == "undirected");
      if (!open_.empty()) convert("a graph within a node: that its nodes are in it is not kept");
    } else if (name == "node") {
      start_node(attributes);
    } else if (name == "edge") {
      start_edge(attributes);
    } else if (name == "hyperedge") {
      sink_.refuse(reader_.place(), "a hyperedge, which no edge between two nodes can be");
      start_record(Of::edge).is_ignored = true;
    } else if (name == "port" || name == "desc" || name == "locator") {
      convert("ports, descriptions and locators are not kept");
      inside_ = 1;
      data_key_ = nullptr;
    }
  }

  void end(std::string_view name) override {
    if (inside_ > 1) return end_inside();
    if (inside_ == 1) {
      inside_ = 0;
      if (name == "default" && key_ != nullptr) {
        declared_bytes_.take(text_.size());
        key_->default_value = text_;
      }
      if (name == "data") end_data();
    } else if (name == "key") {
      key_ = nullptr;
    } else if (name == "graph") {
      undirected_.pop_back();
    } else if (name == "node" || name == "edge" || name == "hyperedge") {
      end_record();
    }
  }

  void text(std::string_view piece) override {
    if (inside_ == 0) return;
    std::string& to = label_depth_ != 0 ? label_text_ : text_;
    if (label_depth_ != 0 ? inside_ != label_depth_ : inside_ != 1) return;
    if (to.size() + piece.size() > XmlBudget::kBytesMax) {
      reader_.fail("a text is longer than " + std::to_string(XmlBudget::kBytesMax >> 20) + " MiB");
    }
    to.append(piece);
  }

 private:
  void convert(std::string_view kind) { sink_.convert(kind, reader_.place()); }

  // Elements within data: the drawing of yEd.
  void start_inside(std::string_view name) {
    ++inside_;
    if (label_depth_ != 0 || (name != "NodeLabel" && name != "EdgeLabel")) return;
    label_depth_ = inside_;
    label_text_.clear();
  }

  void end_inside() {
    if (inside_ == label_depth_) {
      label_depth_ = 0;
      if (!open_.empty() && open_.back().drawn_label.empty()) {
        open_.back().drawn_label = trimmed_text(label_text_);
        keep(open_.back(), open_.back().drawn_label.size());
      }
    }
    --inside_;
  }

  OpenRecord& start_record(Of of) {
    OpenRecord& record = open_.emplace_back();
    record.of = of;
    record.place = reader_.place();
    record.graphs_around = undirected_.size();
    return record;
  }

  // Counts what a record keeps until it ends.
  void keep(OpenRecord& record, std::size_t bytes) {
    record.bytes += bytes;
    open_bytes_.take(bytes);
  }

  void keep_labels(OpenRecord& record, std::string_view text) {
    const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), ':')) + 1;
    keep(record, text.size() + count * sizeof(record.labels.front()));
    split_labels(text, record.labels);
  }

  void start_node(const XmlAttributes& attributes) {
    OpenRecord& record = start_record(Of::node);
    const auto id = attributes.find("id");
    if (!id) {
      sink_.refuse(record.place, "the node has no id");
      record.is_ignored = true;
      return;
    }
    keep(record, id->size());
    record.id = *id;
    if (const auto labels = attributes.find("labels")) {
      record.is_of_apoc = true;
      keep_labels(record, *labels);
    }
  }

  void start_edge(const XmlAttributes& attributes) {
    OpenRecord& record = start_record(Of::edge);
    const auto source = attributes.find("source"), target = attributes.find("target");
    if (!source || !target) {
      sink_.refuse(record.place, std::string("the edge has no ") + (source ? "target" : "source"));
      record.is_ignored = true;
      return;
    }
    keep(record, attributes.bytes());
    record.id = attributes.find("id").value_or("");
    record.source = *source;
    record.target = *target;
    if (const auto label = attributes.find("label")) {
      record.is_of_apoc = true;
      record.type = *label;
    }
    const auto directed = attributes.find("directed");
    const bool by_default = !undirected_.empty() && undirected_.back();
    record.is_undirected = directed ? *directed == "false" : by_default;
    if (attributes.find("sourceport") || attributes.find("targetport")) {
      convert("ports, descriptions and locators are not kept");
    }
  }

  const GraphmlKey* find_key(const XmlAttributes& attributes) {
    const auto id = attributes.find("key");
    if (!id) reader_.fail("data without a key");
    if (open_.empty() || open_.back().graphs_around != undirected_.size()) {
      convert("data of the graph itself is not kept");
      return nullptr;
    }
    const OpenRecord& record = open_.back();
    // What APOC says twice.
    if (record.is_of_apoc && *id == (record.of == Of::node ? "labels" : "label")) return nullptr;
    const GraphmlKey& key = keys_.find(record.of, *id, reader_);
    if (!key.is_declared) convert("data whose key is not declared is taken as text");
    return &key;
  }

  void end_data() {
    if (data_key_ == nullptr || open_.empty()) return;
    OpenRecord& record = open_.back();
    switch (data_key_->role) {
      case Role::labels:
        // Others may call a property "labels".
        if (data_key_->name == "labels" && !text_.starts_with(':')) break;
        return keep_labels(record, text_);
      case Role::type:
        keep(record, text_.size());
        record.type = text_;
        return;
      case Role::graphics:
        return convert("yEd's drawing is not kept, except for the text of a label");
      case Role::property:
        break;
    }
    keep(record, text_.size() + sizeof(record.values.front()));
    record.values.emplace_back(data_key_, text_);
  }

  void end_record() {
    OpenRecord record = std::move(open_.back());
    open_.pop_back();
    open_bytes_.give_back(record.bytes);
    if (record.is_ignored) return;
    try {
      take_properties(record);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      return sink_.refuse(record.place, error.what());
    }
    record.of == Of::node ? give_node(record) : give_edge(record);
  }

  bool has_property(const OpenRecord& record, std::string_view name) const {
    return std::any_of(record.values.begin(), record.values.end(),
                       [&](const auto& value) { return value.first->name == name; });
  }

  void take_properties(OpenRecord& record) {
    properties_.clear();
    for (const auto& [key, text] : record.values) add_graphml_value(*key, text, properties_);
    keys_.for_each_default(record.of, [&](const GraphmlKey& key) {
      const bool is_there = has_property(record, key.name);
      if (key.role == Role::property && !is_there) {
        add_graphml_value(key, *key.default_value, properties_);
      }
    });
    if (!record.drawn_label.empty() && !has_property(record, "label")) {
      properties_.add_text("label", record.drawn_label);
    }
  }

  // APOC writes n7 and e7 for the ids 7.
  std::string_view id_to_give(std::string_view id, char prefix) const {
    const bool has_prefix = id.size() > 1 && id[0] == prefix;
    if (options_.ids == IdChoice::keep && has_prefix) id.remove_prefix(1);
    return id;
  }

  void give_node(const OpenRecord& record) {
    if (options_.ids != IdChoice::keep) {
      // Ids of a database are its own; otherwise they are often all that names a node.
      if (record.is_of_apoc || keys_.has_labels()) {
        sink_.convert("a node's id is not kept", record.place);
      } else if (!has_property(record, "id")) {
        sink_.convert("a node's id is kept as the property id", record.place);
        properties_.add_text("id", record.id);
      }
    }
    const std::vector<std::string_view> labels(record.labels.begin(), record.labels.end());
    sink_.node(
        {record.place, ExternalId{space_, id_to_give(record.id, 'n')}, labels, &properties_});
  }

  void give_edge(const OpenRecord& record) {
    const std::string_view id = record.id.empty() ? std::string_view() : id_to_give(record.id, 'e');
    give_xml_edge({record.place, id, id_to_give(record.source, 'n'), id_to_give(record.target, 'n'),
                   record.type, !record.is_undirected, &properties_},
                  name_, space_, options_, sink_);
  }

  XmlReader reader_;
  std::string name_;
  const ImportOptions& options_;
  GraphSink& sink_;
  std::uint32_t space_ = 0;
  GraphmlKeys keys_;
  GraphmlKey* key_ = nullptr;  // whose element is open
  bool has_graph_ = false;
  std::vector<bool> undirected_;  // of the graphs that are open
  std::vector<OpenRecord> open_;
  XmlBudget open_bytes_{reader_, "the record and those around it are"};
  XmlBudget declared_bytes_{reader_, "the declarations are"};

  // Within data, default and what is skipped: how deep, and of which key.
  std::size_t inside_ = 0;
  const GraphmlKey* data_key_ = nullptr;
  std::string text_;
  std::size_t label_depth_ = 0;  // of yEd's label; 0: not in one
  std::string label_text_;
  PropertyList properties_;
};

bool recognises_graphml(std::string_view head, const ImportOptions&) {
  return head.find("<graphml") != std::string_view::npos;
}

void read_graphml(InputFiles& files, const ImportOptions& options, GraphSink& sink) {
  for (std::uint32_t file = 0; file < files.size(); ++file) {
    GraphmlImport(files, file, options, sink).run();
  }
}

}  // namespace

const Format kGraphmlFormat{"graphml", "GraphML, and its dialects of APOC, TinkerPop and yEd",
                            recognises_graphml, read_graphml, Format::Takes::edge_type};

}  // namespace manifolddb::migrate
