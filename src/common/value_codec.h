// The public API's entities, edges and values to canonical bodies (common/record.h) and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/record.h"
#include "manifolddb/graph.h"
#include "manifolddb/value.h"

namespace manifolddb {

// Append the canonical body: labels sorted and unique, properties in key order. Throw
// Error{invalid_argument} naming the property and the reason for anything that format.md section 1
// or 4 does not allow: invalid UTF-8 (with its byte offset), names over kNameBytesMax, depth over
// kValueDepthMax, dates, times, offsets, zones, durations, srids or sparse indices outside their
// range. `out` then has its old size. Line size is checked by line_fits (json_writer.h), ids by
// check_id, both called by the database.
void encode_entity_body(const std::vector<std::string>& labels, const Properties& properties,
                        std::string& out);
void encode_edge_body(EntityId source, EntityId target, std::string_view edge_type,
                      const Properties& properties, std::string& out);

// Appends one encoded value (tag and payload), checked the same way; `depth` is that of `value` (1
// for a property).
void encode_value(const Value& value, int depth, std::string& out);

// Throw Error{damaged} when the body is not canonical. `id` is taken from the caller's key.
void decode_entity(EntityId id, std::string_view body, Entity& out);
void decode_edge(EdgeId id, std::string_view body, Edge& out);

// The cheap parts of bodies, as views into them. Throw Error{damaged} likewise (of what they read).
struct EdgeHead {
  std::uint64_t source = 0;
  std::uint64_t target = 0;
  std::string_view edge_type;
};
EdgeHead decode_edge_head(std::string_view body);
void decode_labels(std::string_view body, std::vector<std::string_view>& out);

// Throws Error{damaged} unless the body is exactly a canonical body of its kind: structure, order,
// ranges and UTF-8. For key_value every body is.
void check_body(RecordKind kind, std::string_view body);

}  // namespace manifolddb
