// GEXF, Gephi's own format, versions 1.1 to 1.3.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/csv_value.h"
#include "migrate/formats.h"
#include "migrate/xml_budget.h"
#include "migrate/xml_edge.h"
#include "migrate/xml_reader.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kGexfAttributesMax = 100'000;
constexpr char kGexfListDelimiter = '|';

struct GexfAttribute {
  std::string title;
  CsvType type;
  std::optional<std::string> default_value;
};

using GexfAttributes = std::map<std::string, GexfAttribute, std::less<>>;

// An element that is open; nodes may lie in nodes.
struct GexfRecord {
  bool is_edge = false;
  Place place;
  std::string id, source, target, type, label;
  std::optional<std::string> weight;
  bool is_directed = true;
  bool is_ignored = false;
  std::vector<std::pair<const GexfAttribute*, std::string>> values;
  std::size_t bytes = 0;
};

// False for a type that GEXF does not have.
bool parse_gexf_type(std::string_view name, CsvType& type) {
  constexpr std::string_view kList = "list";
  type.is_list = name.starts_with(kList);
  if (type.is_list) name.remove_prefix(kList.size());
  if (name == "integer" || name == "long" || name == "short" || name == "byte") {
    type.kind = CsvType::Kind::int64;
  } else if (name == "float" || name == "double") {
    type.kind = CsvType::Kind::float64;
  } else if (name == "boolean") {
    type.kind = CsvType::Kind::boolean;
  } else {
    return name == "string" || name == "anyURI" || name == "char";
  }
  return true;
}

class GexfImport final : public XmlHandler {
 public:
  GexfImport(InputFiles& files, std::uint32_t file, const ImportOptions& options, GraphSink& sink)
      : reader_(files, file), name_(files.name(file)), options_(options), sink_(sink) {
    if (files.size() > 1) space_ = sink.id_space(name_);  // ids are those of one file
  }

  void run() {
    reader_.read(*this);
    if (!has_graph_) throw Error(ErrorCode::damaged, name_ + " has no graph: it is no GEXF");
  }

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "graph") {
      has_graph_ = true;
      is_directed_ = attributes.find("defaultedgetype").value_or("undirected") == "directed";
      if (attributes.find("mode") == "dynamic")
        convert("the times of a dynamic graph are not kept");
    } else if (name == "attributes") {
      declared_ = attributes.find("class") == "edge" ? &of_edges_ : &of_nodes_;
    } else if (name == "attribute" && declared_ != nullptr) {
      declare(attributes);
    } else if (name == "default" && attribute_ != nullptr) {
      text_.emplace();
    } else if (name == "node") {
      start_record(false, attributes);
    } else if (name == "edge") {
      start_record(true, attributes);
    } else if (name == "attvalue") {
      take_value(attributes);
    } else if (name == "color" || name == "size" || name == "position" || name == "shape" ||
               name == "thickness") {
      if (!open_.empty()) convert("how a node or edge is drawn is not kept");
    } else if (name == "spell" || name == "parent") {
      if (!open_.empty()) convert("spells and parents are not kept");
    }
  }

  void end(std::string_view name) override {
    if (name == "default" && text_) {
      declared_bytes_.take(text_->size());
      attribute_->default_value = std::move(text_);
      text_.reset();
    } else if (name == "attribute") {
      attribute_ = nullptr;
    } else if (name == "attributes") {
      declared_ = nullptr;
    } else if (name == "node" || name == "edge") {
      end_record();
    }
  }

  void text(std::string_view piece) override {
    if (!text_) return;
    if (text_->size() + piece.size() > XmlBudget::kBytesMax) reader_.fail("the text is too long");
    text_->append(piece);
  }

 private:
  void convert(std::string_view kind) { sink_.convert(kind, reader_.place()); }

  void declare(const XmlAttributes& attributes) {
    const auto id = attributes.find("id");
    if (!id) reader_.fail("an attribute without an id");
    declared_bytes_.take(attributes.bytes());
    if (declared_->size() == kGexfAttributesMax) reader_.fail("too many attributes");
    GexfAttribute attribute;
    attribute.title = attributes.find("title").value_or(*id);
    if (!parse_gexf_type(attributes.find("type").value_or("string"), attribute.type)) {
      convert("an attribute of a type that is not known: its values are texts");
    }
    const auto [at, is_new] = declared_->emplace(*id, std::move(attribute));
    if (!is_new) reader_.fail("the attribute " + quote_text(*id) + " is declared twice");
    attribute_ = &at->second;
  }

  void start_record(bool is_edge, const XmlAttributes& attributes) {
    GexfRecord& record = open_.emplace_back();
    record.is_edge = is_edge;
    record.place = reader_.place();
    keep(record, attributes.bytes());
    record.id = attributes.find("id").value_or("");
    record.label = attributes.find("label").value_or("");
    if (!is_edge) {
      record.is_ignored = record.id.empty();
      if (record.is_ignored) sink_.refuse(record.place, "the node has no id");
      return;
    }
    const auto source = attributes.find("source"), target = attributes.find("target");
    record.is_ignored = !source || !target;
    if (record.is_ignored) {
      return sink_.refuse(record.place,
                          std::string("the edge has no ") + (source ? "target" : "source"));
    }
    record.source = *source;
    record.target = *target;
    record.type = attributes.find("kind").value_or("");
    const auto type = attributes.find("type");
    record.is_directed = type ? *type == "directed" : is_directed_;
    if (const auto weight = attributes.find("weight")) record.weight = *weight;
  }

  // Counts what a record keeps until it ends.
  void keep(GexfRecord& record, std::size_t bytes) {
    record.bytes += bytes;
    open_bytes_.take(bytes);
  }

  void take_value(const XmlAttributes& attributes) {
    if (open_.empty()) return;
    GexfRecord& record = open_.back();
    const auto id = attributes.find("for"), value = attributes.find("value");
    if (!id || !value) reader_.fail("an attvalue without \"for\" or \"value\"");
    const GexfAttributes& known = record.is_edge ? of_edges_ : of_nodes_;
    const auto attribute = known.find(*id);
    if (attribute == known.end()) {
      reader_.fail("the attribute " + quote_text(*id) + " is not declared");
    }
    keep(record, value->size() + sizeof(record.values.front()));
    record.values.emplace_back(&attribute->second, *value);
  }

  void end_record() {
    const GexfRecord record = std::move(open_.back());
    open_.pop_back();
    open_bytes_.give_back(record.bytes);
    if (record.is_ignored) return;
    try {
      take_properties(record);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      return sink_.refuse(record.place, error.what());
    }
    record.is_edge ? give_edge(record) : give_node(record);
  }

  void add_value(const GexfAttribute& attribute, std::string_view text) {
    if (text.empty() && attribute.type.kind != CsvType::Kind::text) return;
    add_csv_value(attribute.title, text, attribute.type, kGexfListDelimiter, properties_);
  }

  void take_properties(const GexfRecord& record) {
    properties_.clear();
    for (const auto& [attribute, text] : record.values) add_value(*attribute, text);
    for (const auto& [id, attribute] : record.is_edge ? of_edges_ : of_nodes_) {
      if (attribute.default_value && !has_property(record, attribute.title)) {
        add_value(attribute, *attribute.default_value);
      }
    }
    if (!record.label.empty() && !has_property(record, "label")) {
      properties_.add_text("label", record.label);
    }
    if (record.weight && !has_property(record, "weight")) {
      add_csv_value("weight", *record.weight, {CsvType::Kind::float64, false, {}, 0},
                    kGexfListDelimiter, properties_);
    }
  }

  bool has_property(const GexfRecord& record, std::string_view name) const {
    for (const auto& value : record.values) {
      if (value.first->title == name) return true;
    }
    return false;
  }

  void give_node(const GexfRecord& record) {
    if (options_.ids != IdChoice::keep && !has_property(record, "id")) {
      sink_.convert("a node's id is kept as the property id", record.place);
      properties_.add_text("id", record.id);
    }
    sink_.node({record.place, ExternalId{space_, record.id}, {}, &properties_});
  }

  void give_edge(const GexfRecord& record) {
    give_xml_edge({record.place, record.id, record.source, record.target, record.type,
                   record.is_directed, &properties_},
                  name_, space_, options_, sink_);
  }

  XmlReader reader_;
  std::string name_;
  const ImportOptions& options_;
  GraphSink& sink_;
  std::uint32_t space_ = 0;
  bool has_graph_ = false, is_directed_ = false;
  GexfAttributes of_nodes_, of_edges_;
  GexfAttributes* declared_ = nullptr;  // whose element is open
  GexfAttribute* attribute_ = nullptr;
  std::optional<std::string> text_;  // of a default
  std::vector<GexfRecord> open_;
  XmlBudget open_bytes_{reader_, "the record and those around it are"};
  XmlBudget declared_bytes_{reader_, "the declarations are"};
  PropertyList properties_;
};

bool recognises_gexf(std::string_view head, const ImportOptions&) {
  return head.find("<gexf") != std::string_view::npos;
}

void read_gexf(InputFiles& files, const ImportOptions& options, GraphSink& sink) {
  for (std::uint32_t file = 0; file < files.size(); ++file) {
    GexfImport(files, file, options, sink).run();
  }
}

}  // namespace

const Format kGexfFormat{"gexf", "GEXF, as Gephi writes it", recognises_gexf, read_gexf,
                         Format::Takes::edge_type};

}  // namespace manifolddb::migrate
