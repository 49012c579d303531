// What has to be said of a property that is kept in another form: each kind once, however often the
// value has it.
#pragma once

#include <algorithm>
#include <vector>

#include "migrate/graph_sink.h"

namespace manifolddb::migrate {

class ValueNotes {
 public:
  // `kind` as GraphSink::convert() has it; it must live as long as this.
  void add(const char* kind) {
    if (std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end()) kinds_.push_back(kind);
  }

  void clear() { kinds_.clear(); }

  void tell(GraphSink& sink, const Place& place) const {
    for (const char* kind : kinds_) sink.convert(kind, place);
  }

 private:
  std::vector<const char*> kinds_;  // a handful at most
};

}  // namespace manifolddb::migrate
