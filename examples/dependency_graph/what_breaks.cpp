#include "what_breaks.h"

#include <array>
#include <deque>
#include <set>

namespace example {

namespace {

using manifolddb::Edge;
using manifolddb::EdgeCursor;
using manifolddb::Entity;
using manifolddb::EntityId;
using manifolddb::Neighbour;
using manifolddb::NeighbourCursor;

constexpr std::array kDependencies{"DEPENDS", "PRE_DEPENDS"};

// Follows dependencies backwards, wave after wave.
class Search {
 public:
  explicit Search(const manifolddb::Transaction& graph) : graph_(graph) {}

  Breakage run(EntityId lost) {
    lose(lost);
    Breakage result;
    const std::size_t first_wave = waiting_.size();  // it, and the names that only it provides
    for (std::size_t visited = 0; !waiting_.empty(); ++visited) {
      const EntityId name = waiting_.front();
      waiting_.pop_front();
      for (const EntityId package : broken_by(name)) {
        (visited < first_wave ? result.direct : result.transitive).push_back(package);
        lose(package);
      }
    }
    return result;
  }

 private:
  void lose(EntityId package) {
    lost_.insert(package);
    look_at_name(package);
    NeighbourCursor names = graph_.get_outgoing_neighbours(package, "PROVIDES");
    for (Neighbour name; names.next(name);) look_at_name(name.entity);
  }

  void look_at_name(EntityId name) {
    if (!is_available(name) && gone_.insert(name).second) waiting_.push_back(name);
  }

  bool is_available(EntityId id) const {
    if (!lost_.contains(id) && is_package(id)) return true;
    NeighbourCursor providers = graph_.get_incoming_neighbours(id, "PROVIDES");
    for (Neighbour provider; providers.next(provider);) {
      if (!lost_.contains(provider.entity)) return true;
    }
    return false;
  }

  bool is_package(EntityId id) const {
    const auto entity = graph_.get_entity(id);
    return entity && entity->labels == std::vector<std::string>{"Package"};
  }

  // Packages that are lost now, but were not before.
  std::vector<EntityId> broken_by(EntityId name) const {
    std::set<EntityId> broken;
    for (const char* edge_type : kDependencies) {
      EdgeCursor dependants = graph_.get_incoming_edges(name, edge_type);
      for (Edge edge; dependants.next(edge);) {
        if (!lost_.contains(edge.source) && !is_satisfied(edge)) broken.insert(edge.source);
      }
    }
    return {broken.begin(), broken.end()};
  }

  // Whether another alternative of the same clause is left.
  bool is_satisfied(const Edge& dependency) const {
    const auto clause = dependency.properties.find("clause");
    EdgeCursor alternatives = graph_.get_outgoing_edges(dependency.source, dependency.edge_type);
    for (Edge edge; alternatives.next(edge);) {
      const auto other = edge.properties.find("clause");
      if (other->second == clause->second && is_available(edge.target)) return true;
    }
    return false;
  }

  const manifolddb::Transaction& graph_;
  std::set<EntityId> lost_;       // packages
  std::set<EntityId> gone_;       // names that nothing answers to any more
  std::deque<EntityId> waiting_;  // of those: whose dependants were not looked at yet
};

}  // namespace

std::optional<EntityId> find_package(const manifolddb::Transaction& graph,
                                     const std::string& name) {
  manifolddb::EntityIdCursor packages = graph.iter_entities_with_label("Package");
  for (EntityId id; packages.next(id);) {
    if (name_of(graph, id) == name) return id;
  }
  return std::nullopt;
}

std::string name_of(const manifolddb::Transaction& graph, EntityId id) {
  const auto entity = graph.get_entity(id);
  if (!entity) return "";
  const auto name = entity->properties.find("name");
  const auto* text =
      name == entity->properties.end() ? nullptr : name->second.get_if<std::string>();
  return text != nullptr ? *text : "";
}

Breakage what_breaks(const manifolddb::Transaction& graph, EntityId lost) {
  return Search(graph).run(lost);
}

}  // namespace example
