#include "package_graph.h"

#include <istream>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "archive_reader.h"

namespace example {

namespace {

using manifolddb::EntityId;
using manifolddb::Properties;

struct RelationField {
  const char* edge_type;
  std::string Package::*field;
};
constexpr RelationField kRelationFields[] = {
    {"DEPENDS", &Package::depends},       {"PRE_DEPENDS", &Package::pre_depends},
    {"RECOMMENDS", &Package::recommends}, {"SUGGESTS", &Package::suggests},
    {"ENHANCES", &Package::enhances},     {"CONFLICTS", &Package::conflicts},
    {"BREAKS", &Package::breaks},         {"REPLACES", &Package::replaces},
    {"PROVIDES", &Package::provides},
};

Properties describe(const Package& package) {
  Properties properties{{"name", package.name},
                        {"version", package.version},
                        {"section", package.section},
                        {"priority", package.priority},
                        {"architecture", package.architecture},
                        {"maintainer", package.maintainer},
                        {"description", package.description},
                        {"package_bytes", package.package_bytes},
                        {"installed_bytes", package.installed_bytes}};
  if (!package.homepage.empty()) properties.emplace("homepage", package.homepage);
  return properties;
}

Properties describe(const Relation& relation) {
  Properties properties{{"clause", relation.clause}, {"alternative", relation.alternative}};
  if (!relation.constraint.empty()) {
    properties.emplace("constraint", relation.constraint);
    properties.emplace("version", relation.version);
  }
  return properties;
}

// Names to entities while the graph is made.
class Builder {
 public:
  explicit Builder(manifolddb::WriteTransaction& transaction) : transaction_(transaction) {}

  void add_package(const Package& package) {
    const EntityId id = transaction_.create_entity({"Package"}, describe(package));
    if (!packages_.emplace(package.name, id).second) return;
    ++summary_.packages;
    transaction_.create_edge(id, section(package.section), "IN_SECTION");
  }

  // When all packages are known: every name now leads to an entity.
  void add_relations(const Package& package) {
    const EntityId source = packages_.at(package.name);
    for (const auto& [edge_type, field] : kRelationFields) {
      for (const Relation& relation : parse_relations(package.*field)) {
        transaction_.create_edge(source, target(relation.package), edge_type, describe(relation));
        ++summary_.relations;
        ++summary_.relations_by_type[edge_type];
      }
    }
  }

  const GraphSummary& summary() const { return summary_; }

 private:
  EntityId target(const std::string& name) {
    if (const auto package = packages_.find(name); package != packages_.end()) {
      return package->second;
    }
    const auto [place, is_new] = virtual_packages_.try_emplace(name);
    if (is_new) {
      place->second = transaction_.create_entity({"VirtualPackage"}, {{"name", name}});
      ++summary_.virtual_packages;
    }
    return place->second;
  }

  EntityId section(const std::string& name) {
    const auto [place, is_new] = sections_.try_emplace(name);
    if (is_new) {
      place->second = transaction_.create_entity({"Section"}, {{"name", name}});
      ++summary_.sections;
    }
    return place->second;
  }

  manifolddb::WriteTransaction& transaction_;
  std::unordered_map<std::string, EntityId> packages_, virtual_packages_, sections_;
  GraphSummary summary_;
};

}  // namespace

GraphSummary store_archive(manifolddb::Database& database, std::istream& archive) {
  manifolddb::WriteTransaction transaction = database.begin();
  Builder builder(transaction);
  std::vector<Package> packages;
  for (Package package; read_package(archive, package);) {
    builder.add_package(package);
    packages.push_back(std::move(package));
  }
  for (const Package& package : packages) builder.add_relations(package);
  transaction.commit();
  return builder.summary();
}

}  // namespace example
