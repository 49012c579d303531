// The two readers behind transactions.
#pragma once

#include <memory>

#include "database/graph_reader.h"
#include "database/overlay.h"
#include "database/snapshot.h"

namespace manifolddb {

std::unique_ptr<GraphReader> make_snapshot_reader(std::shared_ptr<const Snapshot> snapshot);

// What the snapshot holds with the overlay's changes on top.
std::unique_ptr<GraphReader> make_overlay_reader(std::shared_ptr<const Snapshot> snapshot,
                                                 Overlay& overlay);

}  // namespace manifolddb
