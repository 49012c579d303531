// What one changed record means for every family: the one place that knows it, for small
// transactions (a batch) and bulk ones (table files) alike.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "common/record.h"
#include "database/engine.h"
#include "manifolddb/transaction.h"

namespace manifolddb {

// A record before and after a transaction. Equal bodies are no change and must not come here.
struct RecordChange {
  RecordKind kind{};
  std::string_view key;
  bool has_old = false;
  std::uint64_t old_stamp = 0;
  std::string_view old_body;
  bool has_new = false;
  std::string_view new_body;
  // The sequence number of the tombstone that stands for the record, 0: none. Only when !has_old.
  std::uint64_t old_tombstone = 0;
};

// Takes what a change does to the families. Calls for one family come in no particular order.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void remove(Family family, std::string_view key) = 0;
  // Adds to a counter of the family `counters`; the key is label_counter_key or type_counter_key.
  virtual void count(std::string_view counter_key, std::int64_t delta) = 0;
};

// Sums over changes; sums of parts can be added.
struct ChangeTotals {
  ContentDigest digest_delta;
  std::int64_t entity_delta = 0, edge_delta = 0, metadata_delta = 0, tombstone_delta = 0;
  std::uint64_t put_count = 0, deleted_count = 0;
  std::uint64_t entity_id_max = 0, edge_id_max = 0;  // of puts
  ChangeTotals& operator+=(const ChangeTotals& other);
};

enum class ChangeIndexing {
  on,   // a transaction: change entries and tombstones
  off,  // a restore into a fresh database: the horizon is the restored number
};

// Not thread-safe; one a thread.
class ChangeDeriver {
 public:
  ChangeDeriver(std::uint64_t sequence, ChangeIndexing indexing)
      : sequence_(sequence), indexing_(indexing) {}

  // Throws Error{damaged} when a body cannot be decoded. `new_hash` of a new body, if the caller
  // has computed it already (record_hash), saves computing it again.
  void derive(const RecordChange& change, ChangeSink& sink,
              const ContentDigest* new_hash = nullptr);

  const ChangeTotals& totals() const { return totals_; }

 private:
  void derive_entity(const RecordChange& change, ChangeSink& sink);
  void derive_edge(const RecordChange& change, ChangeSink& sink);
  void index_change(const RecordChange& change, ChangeSink& sink);

  std::uint64_t sequence_;
  ChangeIndexing indexing_;
  ChangeTotals totals_;
  std::string key_, value_, scratch_;
  std::vector<std::string_view> old_labels_, new_labels_;
};

// The family that holds the records of a kind.
Family record_family(RecordKind kind);

}  // namespace manifolddb
