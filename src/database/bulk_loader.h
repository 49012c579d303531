// A change set of any size to sorted table files for every family, and their ingestion as one
// commit. Serves restores into a fresh database, imports and transactions over the bulk threshold
// alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "database/change_deriver.h"
#include "database/engine.h"
#include "database/state_record.h"

namespace manifolddb {

struct BulkOptions {
  unsigned threads = 2;
  // All buffers of the loader together, batches handed over included; at least 24 MiB. Holds as
  // long as a batch is not over a sixteenth of it.
  std::size_t memory_limit_bytes = 192u << 20;
  ChangeIndexing indexing = ChangeIndexing::on;
};

// Changes in one block of memory. Views returned by change() live as long as the batch and until
// the next add().
class ChangeBatch {
 public:
  void add(const RecordChange& change);
  // The usual case of a restore: a new record with its hash known.
  void add_new(const RecordView& record, ContentDigest hash);
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return arena_.size() + entries_.size() * sizeof(Entry); }
  RecordChange change(std::size_t index) const;
  const ContentDigest* new_hash(std::size_t index) const;  // null: not known

 private:
  struct Entry {
    std::size_t offset;
    std::uint32_t key_bytes, old_bytes, new_bytes;
    std::uint64_t old_stamp, old_tombstone;
    ContentDigest hash;
    RecordKind kind;
    bool has_old, has_new, has_hash;
  };
  std::string arena_;
  std::vector<Entry> entries_;
};

// One thread calls it; it works on options.threads others. On any error, or destroyed before
// ingest() returned, it removes its files and the database is unchanged.
class BulkLoader {
 public:
  BulkLoader(Engine& engine, std::uint64_t sequence, const BulkOptions& options);
  ~BulkLoader();

  // Batches come ascending by (kind, key), across calls too, each key once. The batch is moved
  // from. Blocks while the memory limit is reached. Throws what a worker threw.
  void add(ChangeBatch&& batch);

  // All records are in: writes the index families by merging sorted runs. Call once.
  ChangeTotals finish();

  // Writes the last tables: counters (present value plus what was counted), the `state` row and,
  // unless null, the `commits` row. A failure has changed nothing.
  void prepare_ingest(const StateRecord& state, const CommitRecord* commit);

  // Requires that the log is synced. Ingests all files at once: when it returns, the transaction is
  // committed and durable; when it throws, the outcome is unknown. Both calls are made by
  // DatabaseCore::ingest_transaction only.
  void ingest();

  // The most that all buffers held at once so far.
  std::size_t peak_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manifolddb
