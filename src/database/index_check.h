// The part of the integrity check that compares the index families with the records.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "database/change_deriver.h"
#include "database/check_context.h"

namespace manifolddb {

// Fast when all is well: the rows that the records call for, as ChangeDeriver makes them, are
// summed up by their hashes, and so are the rows that are there. Equal sums are equal rows (as the
// content digest, they guard against accidents). Only where they differ are rows looked up one by
// one, to name those that lack, differ or are too many.
class IndexCheck {
 public:
  explicit IndexCheck(CheckContext& context) : context_(context) {}

  // Every record whose body is sound, with its hash.
  void add(RecordKind kind, std::string_view key, const StoredRecord& stored,
           const ContentDigest& hash);
  void finish();

 private:
  class SummingSink;
  enum class Side { outgoing, incoming };

  ContentDigest row_hash(std::string_view key, std::string_view value);
  ContentDigest sum_rows(Family family);
  bool sum_changes(ContentDigest& puts, ContentDigest& tombstones);
  ContentDigest sum_tombstones();

  void name_lacking();
  void name_lacking_rows(RecordKind kind, std::string_view key, const StoredRecord& stored);
  void look_up(Family family, std::string_view value, const std::string& name,
               const std::string& what);
  void name_superfluous(Family family);
  bool label_belongs(std::string_view key);
  bool adjacency_belongs(std::string_view key, Side side);
  bool find_body(RecordKind kind, std::uint64_t id, std::string_view& body);
  void name_put_entries();
  void name_tombstones();

  CheckContext& context_;
  std::array<ContentDigest, kFamilyCount> expected_{};
  std::vector<std::string_view> labels_;
  std::string key_, value_, scratch_;
};

}  // namespace manifolddb
