// Edges that wait until all nodes are known, and the join of their ends with the nodes.
#include <algorithm>
#include <utility>

#include "common/varint.h"
#include "manifolddb/error.h"
#include "migrate/graph_builder.h"

namespace manifolddb::migrate {

namespace {

// Behind an external id in a key of the sort by external id: a node comes before what names it.
constexpr char kNodeMark = 1;
constexpr char kEndMark = 2;

// The length stands in front, so that keys of one id are neighbours whatever bytes ids are of.
void set_external_key(const ExternalId& id, char mark, std::string& key) {
  key.clear();
  append_be64(key, id.space);
  append_bytes(key, id.text);
  key.push_back(mark);
}

ExternalId parse_external_key(std::string_view key) {
  ExternalId id;
  id.space = static_cast<std::uint32_t>(read_be64(key.data()));
  std::size_t at = 8;
  read_bytes(key, at, id.text);
  return id;
}

void set_end_key(std::uint64_t edge, char side, std::string& key) {
  key.clear();
  append_be64(key, edge);
  key.push_back(side);
}

// Reads what this file wrote.
class SpoolReader {
 public:
  explicit SpoolReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (!read_varint(bytes_, at_, value)) fail();
    return value;
  }
  std::string_view text() {
    std::string_view value;
    if (!read_bytes(bytes_, at_, value)) fail();
    return value;
  }
  Place place() {
    Place place;
    place.file = static_cast<std::uint32_t>(number());
    place.line = number();
    place.byte = number();
    return place;
  }
  std::string_view rest() const { return bytes_.substr(at_); }

 private:
  [[noreturn]] static void fail() {
    throw Error(ErrorCode::invariant, "a spooled edge is not as it was written",
                "nothing was changed", "please report this");
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
};

void append_place(std::string& out, const Place& place) {
  append_varint(out, place.file);
  append_varint(out, place.line);
  append_varint(out, place.byte);
}

}  // namespace

// A node that the map has no room for.
void GraphBuilder::spool_node(const Place& place, const ExternalId& id, std::uint64_t entity) {
  value_.clear();
  append_varint(value_, entity);
  append_place(value_, place);
  set_external_key(id, kNodeMark, key_);
  sorter(ends_).add(RecordKind::entity, key_, value_);
}

// value_: type and properties.
void GraphBuilder::spool_edge(const Place& place, std::uint64_t number, const End& source,
                              const End& target) {
  body_.clear();
  append_place(body_, place);
  char side = 0;
  for (const End& end : {source, target}) {
    append_varint(body_, end.entity);
    if (end.entity == 0) {
      append_varint(body_, end.id.space);
      append_bytes(body_, end.id.text);
      set_end_key(number, side, edge_key_);
      set_external_key(end.id, kEndMark, key_);
      sorter(ends_).add(RecordKind::entity, key_, edge_key_);
    }
    ++side;
  }
  body_.append(value_);
  key_.clear();
  append_be64(key_, number);
  sorter(edges_).add(RecordKind::edge, key_, body_);
}

void GraphBuilder::settle_ends() {
  ends_->finish();
  std::string current;
  std::uint64_t entity = 0;
  bool is_settled = false;
  Place first;
  for (auto cursor = ends_->cursor(); cursor.valid(); cursor.next()) {
    const std::string_view key = cursor.get().key;
    const ExternalId id = parse_external_key(key);
    if (const std::string_view stem = key.substr(0, key.size() - 1); current != stem) {
      current.assign(stem);
      entity = 0;
      is_settled = false;
    }
    if (key.back() == kNodeMark) {
      SpoolReader in(cursor.get().value);
      const std::uint64_t node = in.number();
      const Place place = in.place();
      if (entity != 0) {
        // In no particular order: the later one is at fault.
        const bool in_order = std::pair(first.file, first.line) < std::pair(place.file, place.line);
        const Place& earlier = in_order ? first : place;
        refuse_double(in_order ? place : first, id, earlier.file, earlier.line);
      }
      entity = node;
      first = place;
      is_settled = true;
      continue;
    }
    if (!is_settled) {
      entity = find_end(id);
      if (entity == 0 && options_.on_dangling == OnDangling::create) entity = create_entity(id);
      is_settled = true;
    }
    value_.clear();
    append_varint(value_, entity);
    sorter(settled_).add(RecordKind::edge, cursor.get().value, value_);
  }
  ends_.reset();
  if (!settled_) return;
  settled_->finish();
  settled_cursor_.emplace(settled_->cursor());
}

std::uint64_t GraphBuilder::create_entity(const ExternalId& id) {
  PropertyList properties;
  if (!keeps_ids()) properties.add_text("id", id.text);
  body_.clear();
  append_labels({}, body_);
  properties.encode(body_);
  const std::uint64_t entity = keeps_ids() ? id_number(id.text) : take_next(next_entity_);
  ++counts_.entities_created;
  add_node(entity);
  return entity;
}

// Edges are asked for in ascending order; of one the source comes first.
std::uint64_t GraphBuilder::settled_end(std::uint64_t number, char side) {
  set_end_key(number, side, edge_key_);
  while (settled_cursor_ && settled_cursor_->valid() && settled_cursor_->get().key < edge_key_) {
    settled_cursor_->next();
  }
  if (!settled_cursor_ || !settled_cursor_->valid() || settled_cursor_->get().key != edge_key_) {
    throw Error(ErrorCode::invariant, "the end of an edge was lost", log_.safe(),
                "please report this");
  }
  return SpoolReader(settled_cursor_->get().value).number();
}

void GraphBuilder::flush_edges() {
  edges_->finish();
  std::uint64_t last = 0;
  Place last_place;
  for (auto cursor = edges_->cursor(); cursor.valid(); cursor.next()) {
    const std::uint64_t number = read_be64(cursor.get().key.data());
    SpoolReader in(cursor.get().value);
    const Place place = in.place();
    if (number == last) {
      log_.refuse(place, "edge " + std::to_string(number) + " is there twice: also in " +
                             log_.file_name(last_place.file) + " line " +
                             std::to_string(last_place.line));
      continue;
    }
    last = number;
    last_place = place;
    body_.clear();
    bool whole = true;
    for (const char side : {char{0}, char{1}}) {
      std::uint64_t entity = in.number();
      if (entity == 0) {
        const auto space = static_cast<std::uint32_t>(in.number());
        const ExternalId id{space, in.text()};
        entity = settled_end(number, side);
        if (entity == 0 && whole) {
          dangle(place, id);
          whole = false;
        }
      }
      append_varint(body_, entity);
    }
    if (!whole) continue;
    body_.append(in.rest());
    give_edge(place, number);
  }
  edges_.reset();
}

}  // namespace manifolddb::migrate
