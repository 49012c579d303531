// The keys of a GraphML file: which properties its data are, and of which types.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "migrate/csv_value.h"
#include "migrate/property_list.h"
#include "migrate/xml_reader.h"

namespace manifolddb::migrate {

struct GraphmlKey {
  enum class Role {
    property,
    labels,    // TinkerPop's labelV, APOC's labels
    type,      // TinkerPop's labelE
    graphics,  // yEd's drawing
  };
  Role role = Role::property;
  std::string name;
  CsvType type;  // of the items where it is a list
  bool is_json_list = false;
  std::optional<std::string> default_value;
  bool is_type_known = true;
  bool is_declared = true;
};

// Not thread-safe.
class GraphmlKeys {
 public:
  enum class Of { node, edge, graph };
  static constexpr std::size_t kKeysMax = 100'000;

  // A <key> element. Null: it is for neither nodes nor edges nor graphs. Lives as long as this.
  GraphmlKey* declare(const XmlAttributes& attributes, const XmlReader& reader);
  // The key that a <data> element names. One that is not declared becomes a property of that name
  // with texts.
  const GraphmlKey& find(Of of, std::string_view id, const XmlReader& reader);

  // Whether nodes have a key for labels, as TinkerPop and APOC declare one.
  bool has_labels() const { return has_labels_; }

  // Properties that a record has which does not say them: calls with each key that has a default.
  template <typename Take>
  void for_each_default(Of of, const Take& take) const {
    for (const auto& [id, key] : keys_) {
      if ((id.first == of || !id.first) && key.default_value) take(key);
    }
  }

 private:
  // No Of: for all.
  std::map<std::pair<std::optional<Of>, std::string>, GraphmlKey> keys_;
  bool has_labels_ = false;
};

// Adds the value that the text is. A number that is empty is no value. Throws
// Error{invalid_argument} when the text is no value of the type.
void add_graphml_value(const GraphmlKey& key, std::string_view text, PropertyList& properties);

}  // namespace manifolddb::migrate
