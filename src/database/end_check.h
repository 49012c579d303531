// Finds edges whose ends do not exist after a transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/id_set.h"
#include "database/known_entities.h"
#include "database/overlay.h"
#include "database/snapshot.h"
#include "manifolddb/error.h"

namespace manifolddb {

// Thrown by commit() for an edge without an end; names the edge, so that a layer above can tell
// where it came from.
class MissingEndError : public Error {
 public:
  MissingEndError(std::uint64_t edge, const std::string& what)
      : Error(ErrorCode::conflict, what, "nothing was changed",
              "put the entity in the same transaction, or before"),
        edge_(edge) {}
  std::uint64_t edge() const { return edge_; }

 private:
  std::uint64_t edge_;
};

// For one transaction; all arguments live longer. Not thread-safe: whoever has the writer's turn.
class EndCheck {
 public:
  // What is put over `put_bytes_max` of ids is looked up in `changes` instead.
  static constexpr std::size_t kPutBytesMax = 64u << 20;
  EndCheck(const Snapshot& base, const Overlay& changes, KnownEntities& known,
           std::size_t put_bytes_max = kPutBytesMax)
      : base_(base), changes_(changes), known_(known), put_bytes_max_(put_bytes_max) {}

  // What the transaction does to entities: all of it before the first edge, ascending.
  void add_put(std::uint64_t entity);
  void add_deleted(std::uint64_t entity);

  // Throws MissingEndError.
  void check(std::string_view edge_key, std::string_view edge_body);

 private:
  void check_end(std::string_view edge_key, std::uint64_t entity, const char* end);
  bool exists(std::uint64_t entity);
  Overlay::Found own_change(std::uint64_t entity);
  bool is_stored(std::uint64_t entity);
  bool look_up(std::uint64_t entity);
  bool read_page(std::uint64_t entity);

  const Snapshot& base_;
  const Overlay& changes_;
  KnownEntities& known_;
  const std::size_t put_bytes_max_;
  IdSet put_;
  bool has_more_put_ = false;  // than those in put_
  bool has_deleted_ = false;
  std::uint64_t look_up_count_ = 0, page_count_ = 0, learned_count_ = 0;
  std::string scratch_;
};

}  // namespace manifolddb
