// Transactions: how a graph is read and changed. See database.h for where they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/graph.h"

namespace manifolddb {

class GraphReader;  // internal

// Exact numbers at one sequence number.
struct GraphCounts {
  std::uint64_t entity_count = 0;
  std::uint64_t edge_count = 0;
  std::uint64_t metadata_count = 0;
  friend bool operator==(const GraphCounts&, const GraphCounts&) = default;
};

// Streams records in ascending order, one at a time, whatever their number. next() fills `out` and
// returns true, or returns false at the end, however often. Throws Error{damaged} when a stored
// record cannot be decoded. A cursor must not outlive its transaction, is used by one thread at a
// time, and sees the state when it was made; a write transaction must not change records while a
// cursor of it is in use.
template <typename Record>
class Cursor {
 public:
  class Source {
   public:
    virtual ~Source() = default;
    virtual bool next(Record& out) = 0;
  };
  explicit Cursor(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  bool next(Record& out) { return source_->next(out); }

 private:
  std::unique_ptr<Source> source_;
};

using EntityCursor = Cursor<Entity>;
using EdgeCursor = Cursor<Edge>;
using MetadataCursor = Cursor<MetadataEntry>;
using EntityIdCursor = Cursor<EntityId>;
using NeighbourCursor = Cursor<Neighbour>;

struct ShortestPathOptions {
  enum class Direction { outgoing, incoming, both };
  Direction direction = Direction::outgoing;
  std::optional<std::string> edge_type;  // only edges of this type
  std::size_t hops_max = 64;             // longer paths are not looked for
  std::size_t visited_max =
      20'000'000;  // entities visited before the search gives up with Error{failed}
};

// The reading half, common to both kinds of transaction. Not thread-safe: one thread a transaction.
class Transaction {
 public:
  virtual ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  std::optional<Entity> get_entity(EntityId id) const;
  std::optional<Edge> get_edge(EdgeId id) const;
  std::optional<std::string> get_metadata(std::string_view key) const;

  // From `first` on, inclusive, ascending by id (metadata: by key bytes).
  EntityCursor iter_entities(EntityId first = EntityId{1}) const;
  EdgeCursor iter_edges(EdgeId first = EdgeId{1}) const;
  MetadataCursor iter_metadata(std::string_view first = {}) const;
  EntityIdCursor iter_entities_with_label(std::string_view label) const;

  // Edges that leave (arrive at) an entity, ordered by type and id; only those of `edge_type` if it
  // is given. An entity that is not there has none.
  EdgeCursor get_outgoing_edges(EntityId id, std::optional<std::string_view> edge_type = {}) const;
  EdgeCursor get_incoming_edges(EntityId id, std::optional<std::string_view> edge_type = {}) const;

  // The same edges in the same order, without reading them: many times as fast, for who follows the
  // graph and needs no properties.
  NeighbourCursor get_outgoing_neighbours(EntityId id,
                                          std::optional<std::string_view> edge_type = {}) const;
  NeighbourCursor get_incoming_neighbours(EntityId id,
                                          std::optional<std::string_view> edge_type = {}) const;

  // Breadth-first, from both ends: a path with the fewest edges, both ends included, or none. from
  // == to gives {from} when the entity exists.
  std::optional<std::vector<EntityId>> shortest_path(EntityId from, EntityId to,
                                                     const ShortestPathOptions& options = {}) const;

 protected:
  Transaction() = default;
  virtual const GraphReader& reader() const = 0;
};

// A read view at one sequence number. Never blocks writers and is never blocked. Ends when
// destroyed. Must not outlive its Database.
class ReadTransaction final : public Transaction {
 public:
  ~ReadTransaction() override;
  ReadTransaction(ReadTransaction&&) noexcept;

  SequenceNumber sequence_number() const;
  std::int64_t committed_at_us() const;  // UTC, microseconds from 1970; 0 at sequence number 0
  ContentDigest content_digest() const;
  GraphCounts counts() const;

  struct State;  // internal
  explicit ReadTransaction(std::unique_ptr<State> state);
  const State& state() const { return *state_; }

 private:
  const GraphReader& reader() const override;
  std::unique_ptr<State> state_;
};

enum class Durability {
  synced,    // commit() returns when the log is on the disk
  relaxed,   // commit() returns when the log is written; power loss may take the last commits
  archived,  // commit() returns when the transaction is durable here and in at least one repository
             // (an archiver must run, in this process or another); waiting commits share its rounds
};

// The only writer while it lives (others wait in Database::begin). Reads see its own writes.
// Operations act in the order given. Dropped without commit() it leaves nothing. Not thread-safe.
// Whatever its size, its memory is bounded: over DatabaseOptions::bulk_threshold_bytes of changes
// it goes on in files in the database's `scratch` folder.
//
// Every put checks its record and throws Error{invalid_argument} (nothing changed, the transaction
// goes on) for: an id outside 1 to 2^63-1, invalid UTF-8, a name over 64 KiB, values nested over 48
// deep, a date, time, zone, duration or sparse vector outside its range, a record whose backup line
// would be over 8 MiB (DatabaseOptions::line_bytes_max). Any other error of a change, a full disk
// say, ends the transaction as rollback() does.
class WriteTransaction final : public Transaction {
 public:
  ~WriteTransaction() override;
  WriteTransaction(WriteTransaction&&) noexcept;

  // Assigns the next id, which no record of this history ever had.
  EntityId create_entity(std::vector<std::string> labels, Properties properties = {});
  EdgeId create_edge(EntityId source, EntityId target, std::string edge_type,
                     Properties properties = {});

  // Creates or wholly replaces the record of that id; the id counter moves past it.
  void put_entity(const Entity& entity);
  void put_edge(const Edge& edge);
  void put_metadata(std::string_view key, std::string_view value);

  // False when there was nothing to delete. Deleting an entity deletes its edges at once.
  bool delete_entity(EntityId id);
  bool delete_edge(EdgeId id);
  bool delete_metadata(std::string_view key);

  // Commits and returns the sequence number; without any net change, the last one, and nothing is
  // written. Throws Error{conflict} when an edge's end is missing: nothing is changed and the
  // transaction is over. Throws Error{outcome_unknown} when the log could not be written or synced.
  // Durability::archived: throws Error{usage} at once, nothing changed and the transaction still
  // open, when no archiver of this process is there and none of another has reported lately (two
  // minutes), and Error{timed_out} after DatabaseOptions::archive_timeout: committed and durable
  // here only.
  SequenceNumber commit(Durability durability = Durability::synced);
  void rollback();  // ends it and releases the writer; the destructor does the same

  struct State;  // internal
  explicit WriteTransaction(std::unique_ptr<State> state);
  State& state() { return *state_; }

 private:
  const GraphReader& reader() const override;
  std::unique_ptr<State> state_;
};

}  // namespace manifolddb
