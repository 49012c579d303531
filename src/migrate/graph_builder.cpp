#include "migrate/graph_builder.h"

#include <utility>

#include "common/json_writer.h"
#include "common/text.h"
#include "common/varint.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kIdSpacesMax = 100'000;
constexpr std::uint64_t kRecordsBetweenLooks = 4096;  // whether to stop

}  // namespace

// A number as it is written for an id: no sign, no zeros in front.
std::uint64_t id_number(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty() || text.front() == '0' || !parse_unsigned(text, number)) return 0;
  return number <= kIdMax ? number : 0;
}

GraphBuilder::GraphBuilder(RecordTarget& target, ImportLog& log, const ImportOptions& options,
                           std::filesystem::path scratch)
    : target_(target),
      log_(log),
      options_(options),
      scratch_(std::move(scratch)),
      memory_(options.memory_limit_bytes),
      ids_(memory_.id_map_bytes),
      next_entity_(target.next_entity_id()),
      next_edge_(target.next_edge_id()) {}

std::uint32_t GraphBuilder::id_space(std::string_view name) {
  if (name.empty()) return 0;
  if (const auto known = space_numbers_.find(name); known != space_numbers_.end()) {
    return known->second;
  }
  if (space_names_.size() > kIdSpacesMax) {
    throw Error(ErrorCode::damaged,
                "the input has more than " + std::to_string(kIdSpacesMax) + " id spaces",
                log_.safe());
  }
  const auto number = static_cast<std::uint32_t>(space_names_.size());
  space_names_.emplace_back(name);
  space_numbers_.emplace(name, number);
  return number;
}

backup::RecordSorter& GraphBuilder::sorter(std::optional<backup::RecordSorter>& which) {
  if (!which) which.emplace(scratch_, memory_.sorter_bytes);
  return *which;
}

std::string GraphBuilder::describe(const ExternalId& id) const {
  std::string text = "node " + quote_text(id.text);
  if (id.space != 0) text += " of id space " + quote_text(space_names_[id.space]);
  return text;
}

// Numbers that are kept are one space, whatever the source calls it.
ExternalId GraphBuilder::in_its_space(ExternalId id) const {
  return {keeps_ids() ? 0 : id.space, id.text};
}

bool GraphBuilder::check_id(const Place& place, const char* what, std::string_view text) {
  if (text.size() > kExternalIdBytesMax) {
    log_.refuse(place, std::string(what) + " id " + quote_text(text) + " has " +
                           std::to_string(text.size()) + " bytes; ids may have " +
                           std::to_string(kExternalIdBytesMax));
    return false;
  }
  if (keeps_ids() && id_number(text) == 0) {
    log_.refuse(place, std::string(what) + " id " + quote_text(text) +
                           " cannot be kept: it is no number from 1 to 9223372036854775807");
    return false;
  }
  return true;
}

bool GraphBuilder::fits(RecordKind kind, std::uint64_t id, const Place& place) {
  key_.clear();
  append_be64(key_, id);
  if (line_fits({kind, key_, body_}, target_.line_bytes_max())) return true;
  log_.refuse(place, "the record is too large: the line of a backup for it would have more than " +
                         std::to_string(target_.line_bytes_max()) + " bytes");
  return false;
}

void GraphBuilder::node(const SourceNode& node) {
  if (nodes_ended_) {
    throw Error(ErrorCode::invariant, "a reader gave a node behind the last one", log_.safe(),
                "please report this");
  }
  ++counts_.nodes_read;
  body_.clear();
  try {
    append_labels(node.labels, body_);
    node.properties->encode(body_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    return log_.refuse(node.place, error.what());
  }
  std::uint64_t id = 0;
  if (define(node, id) && fits(RecordKind::entity, id, node.place)) add_node(id);
}

void GraphBuilder::refuse_double(const Place& place, const ExternalId& id, std::uint32_t first_file,
                                 std::uint64_t first_line) {
  log_.refuse(place, describe(id) + " is there twice: first in " + log_.file_name(first_file) +
                         " line " + std::to_string(first_line));
}

// Gives the node its entity id, and makes it known to edges.
bool GraphBuilder::define(const SourceNode& node, std::uint64_t& id) {
  if (!node.id) {
    if (keeps_ids()) {
      log_.refuse(node.place, "the node has no id that could be kept");
      return false;
    }
    id = take_next(next_entity_);
    return true;
  }
  if (!check_id(node.place, "the", node.id->text)) return false;
  const ExternalId external = in_its_space(*node.id);
  id = keeps_ids() ? id_number(external.text) : take_next(next_entity_);
  IdTarget first;
  switch (ids_.insert(external, {id, node.place.file, node.place.line}, first)) {
    case IdMap::Insertion::inserted:
      break;
    case IdMap::Insertion::present:
      refuse_double(node.place, external, first.file, first.line);
      return false;
    case IdMap::Insertion::full:
      spool_node(node.place, external, id);
      break;
  }
  return true;
}

std::uint64_t GraphBuilder::take_next(std::uint64_t& counter) const {
  if (counter > kIdMax) {
    throw Error(ErrorCode::failed,
                "the database has had an id of " + std::to_string(kIdMax) +
                    ", the highest there is: no next one can be given",
                log_.safe(),
                "import into a new database, or keep the ids of the source: --ids keep");
  }
  return counter++;
}

void GraphBuilder::add_node(std::uint64_t id) {
  if (!keeps_ids()) {
    ++counts_.entities;
    return target_.add(RecordKind::entity, id, body_);
  }
  key_.clear();
  append_be64(key_, id);
  sorter(nodes_).add(RecordKind::entity, key_, body_);
}

void GraphBuilder::metadata(const Place& place, std::string_view key, std::string_view value) {
  key_.assign(key);
  body_.assign(value);
  if (!line_fits({RecordKind::key_value, key_, body_}, target_.line_bytes_max())) {
    return log_.refuse(place,
                       "the metadata entry is too large: the line of a backup for it would "
                       "have more than " +
                           std::to_string(target_.line_bytes_max()) + " bytes");
  }
  sorter(nodes_).add(RecordKind::key_value, key_, body_);
}

void GraphBuilder::nodes_end() {
  nodes_ended_ = true;
}

// With IdChoice::keep the source's, if it has any, else the next one.
bool GraphBuilder::edge_number(const SourceEdge& edge, std::uint64_t& number) {
  const bool has_id = keeps_ids() && edge.id.has_value();
  if (!edges_have_ids_) edges_have_ids_ = has_id;
  if (*edges_have_ids_ != has_id) {
    log_.refuse(edge.place, has_id ? "the edge has an id, though others have none"
                                   : "the edge has no id, though others have one");
    return false;
  }
  if (!has_id) {
    number = take_next(next_edge_);
    return true;
  }
  if (!check_id(edge.place, "the edge's", *edge.id)) return false;
  number = id_number(*edge.id);
  return true;
}

std::uint64_t GraphBuilder::find_end(const ExternalId& id) const {
  const std::uint64_t entity = ids_.find(id);
  return entity != 0 ? entity : find_in_database(id);
}

// With IdChoice::keep an edge may end at what only the database has.
std::uint64_t GraphBuilder::find_in_database(const ExternalId& id) const {
  if (!keeps_ids()) return 0;
  const std::uint64_t number = id_number(id.text);
  return target_.has_entity(number) ? number : 0;
}

void GraphBuilder::edge(const SourceEdge& edge) {
  ++counts_.edges_read;
  std::uint64_t number = 0;
  if (!check_id(edge.place, "the source's", edge.source.text) ||
      !check_id(edge.place, "the target's", edge.target.text) || !edge_number(edge, number)) {
    return;
  }
  const ExternalId from = in_its_space(edge.source), to = in_its_space(edge.target);
  auto [source, target] = ids_.find_both(from, to);
  if (source == 0) source = find_in_database(from);
  if (target == 0) target = find_in_database(to);
  edges_spooled_ = edges_spooled_ || !nodes_ended_ || ends_ || *edges_have_ids_ ||
                   options_.on_dangling == OnDangling::create;
  body_.clear();
  value_.clear();
  try {
    append_edge_type(edge.type, value_);
    edge.properties->encode(value_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    return log_.refuse(edge.place, error.what());
  }
  if (edges_spooled_) return spool_edge(edge.place, number, {from, source}, {to, target});
  flush_nodes();
  if (source == 0) return dangle(edge.place, from);
  if (target == 0) return dangle(edge.place, to);
  append_varint(body_, source);
  append_varint(body_, target);
  body_.append(value_);
  give_edge(edge.place, number);
}

void GraphBuilder::give_edge(const Place& place, std::uint64_t number) {
  if (!fits(RecordKind::edge, number, place)) return;
  if (++counts_.edges % kRecordsBetweenLooks == 0) log_.keep_going();
  target_.add(RecordKind::edge, number, body_);
}

void GraphBuilder::dangle(const Place& place, const ExternalId& end) {
  const std::string what = "the edge ends at " + describe(end) + ", which is not there";
  if (options_.on_dangling == OnDangling::fail) return log_.refuse(place, what);
  log_.leave_out(place, what);
}

BuiltCounts GraphBuilder::finish() {
  nodes_ended_ = true;
  if (ends_) settle_ends();
  flush_nodes();
  if (edges_) flush_edges();
  return counts_;
}

// IdChoice::keep: metadata, then entities in the order of their ids.
void GraphBuilder::flush_nodes() {
  if (!nodes_) return;
  nodes_->finish();
  std::uint64_t last = 0;
  std::optional<std::string> last_key;
  for (auto cursor = nodes_->cursor(); cursor.valid(); cursor.next()) {
    const backup::SortedValue& record = cursor.get();
    if (record.kind == RecordKind::key_value) {
      if (last_key == record.key) {
        log_.refuse({}, "metadata entry " + quote_text(record.key) + " is there twice");
        continue;
      }
      last_key = record.key;
      ++counts_.metadata;
      target_.add(record.kind, record.key, record.value);
      continue;
    }
    const std::uint64_t id = read_be64(record.key.data());
    if (std::exchange(last, id) == id) continue;  // was refused
    if (++counts_.entities % kRecordsBetweenLooks == 0) log_.keep_going();
    target_.add(RecordKind::entity, id, record.value);
  }
  nodes_.reset();
}

}  // namespace manifolddb::migrate
