// What the parts of the integrity check share: the snapshot, the report, and how rows are named.
#pragma once

#include <string>
#include <string_view>

#include "database/key_codec.h"
#include "database/snapshot.h"
#include "manifolddb/database.h"

namespace manifolddb {

struct CheckContext {
  explicit CheckContext(const Snapshot& view)
      : snapshot(view), engine(view.engine()), state(view.state()) {}

  void find(std::string where, std::string what) {
    ++report.finding_count;
    if (report.findings.size() < CheckReport::findings_max) {
      report.findings.push_back({std::move(where), std::move(what)});
    }
  }

  EngineIterator rows(Family family) const {
    ScanOptions options;
    options.snapshot = snapshot.engine_snapshot();
    options.fills_cache = false;
    EngineIterator it = engine.iterate(family, options);
    it.seek_to_first();
    return it;
  }

  bool get(Family family, std::string_view key, std::string& value) const {
    return engine.get(family, key, snapshot.engine_snapshot(), value);
  }

  static std::string row_name(Family family, std::string_view key) {
    return std::string(family_name(family)) + " row " +
           describe_record(RecordKind::key_value, key).substr(10);
  }

  static std::string describe_label(std::string_view label) {
    return describe_record(RecordKind::key_value, label).substr(10);
  }

  const Snapshot& snapshot;
  const Engine& engine;
  const StateRecord& state;
  CheckReport report;
};

// Compares the counters by label and by edge type with what the families labels and edges hold.
void check_counters(CheckContext& context);

}  // namespace manifolddb
