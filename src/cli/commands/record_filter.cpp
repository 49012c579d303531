#include "cli/commands/record_filter.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/interrupt.h"
#include "common/json_writer.h"
#include "common/value_codec.h"
#include "common/varint.h"

namespace manifolddb::cli {

bool RecordFilter::takes(const RecordView& record) const {
  if (takes_all()) return true;
  if (record.kind == RecordKind::key_value) return false;
  if (id && read_be64(record.key.data()) != *id) return false;
  if (!label && !edge_type) return true;
  if (record.kind == RecordKind::edge) {
    return edge_type && decode_edge_head(record.body).edge_type == *edge_type;
  }
  std::vector<std::string_view> labels;
  decode_labels(record.body, labels);
  return label && std::find(labels.begin(), labels.end(), *label) != labels.end();
}

bool RecordPrinter::wants_more() const {
  return !out_.closed() && (!filter_.limit || printed_ < *filter_.limit);
}

bool RecordPrinter::print(const RecordView& record) {
  if (interrupted()) throw_interrupted();
  if (!wants_more()) return false;
  if (!filter_.takes(record)) return true;
  line_.clear();
  append_record_line(record, line_);
  if (out_.json()) line_.replace(0, 1, "{\"schema\":\"manifold.cli.v1\",");
  out_.write(line_);
  ++printed_;
  return wants_more();
}

}  // namespace manifolddb::cli
