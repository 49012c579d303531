// The inverse of committed transactions; manifolddb/history.h has the contract.
#pragma once

#include "backup/transaction_source.h"
#include "io/byte_stream.h"
#include "manifolddb/history.h"

namespace manifolddb::backup {

// Nothing is written to the sink before all is decided.
UndoSummary export_undo(DatabaseTransactions& source, SequenceNumber first, SequenceNumber last,
                        ByteSink& sink, const UndoOptions& options);
UndoSummary export_undo(RepositoryTransactions& source, SequenceNumber first, SequenceNumber last,
                        ByteSink& sink, const UndoOptions& options);

}  // namespace manifolddb::backup
