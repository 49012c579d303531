// Canonical bodies to JSON text: the hot loop of backup, and the one truth about how a record's
// line looks (the database measures records with it, the strict reader compares lines with it).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/record.h"

namespace manifolddb {

// Appends the record's line with its '\n', byte for byte as format.md sections 1, 3 and 4 say.
// Throws Error{damaged} when the body is not a canonical body (truncated, unknown tag, keys not
// ascending, trailing bytes, text that is not UTF-8 is NOT checked here); `out` then has its old
// size.
void append_record_line(const RecordView& record, std::string& out);

// What stands behind "data": in that line. Failures as above.
void append_record_data(const RecordView& record, std::string& out);

// Appends {"type":"entity_deleted","data":{"id":7}} and the like, with its '\n'.
void append_deletion_line(RecordKind kind, std::string_view key, std::string& out);

// A line of a log segment: the record's line, or without `after` its deletion's, with
// ,"before":{the data of then} or ,"before":null behind "data". Bodies and failures as above.
void append_change_line(RecordKind kind, std::string_view key,
                        std::optional<std::string_view> before,
                        std::optional<std::string_view> after, std::string& out);

// One encoded value (common/value_codec.h) as it stands in a line. Throws as append_record_line.
void append_json_value(std::string_view encoded, std::string& out);

// Building blocks, for headers and messages.
void append_json_string(std::string_view utf8, std::string& out);  // with its quotes
void append_json_double(double value, std::string& out);           // finite or {"$float":...}

// The exact bytes of the record's line, '\n' not counted. Cheap for small records: an upper bound
// is tried first by line_fits.
std::size_t line_bytes(const RecordView& record);
bool line_fits(const RecordView& record, std::size_t line_bytes_max);

}  // namespace manifolddb
