// Random transactions with a model of what the transaction log must say of them. The same seed
// gives the same transactions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/hash.h"
#include "common/value_codec.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "manifolddb/database.h"

namespace manifolddb::log_test {

using Place = std::pair<RecordKind, std::string>;
using Body = std::optional<std::string>;

struct ModelTransaction {
  std::uint64_t sequence = 0;
  ContentDigest digest;
  bool bulk = false;
  std::map<Place, std::pair<Body, Body>> changes;  // before, after
};

class LogModel {
 public:
  // Under which the largest transactions are bulk transactions.
  static DatabaseOptions options() {
    DatabaseOptions options;
    options.bulk_threshold_bytes = 32u << 10;
    return options;
  }

  explicit LogModel(std::uint64_t seed) : random_(seed) {}

  // One transaction; now and then one without effect, or a bulk one.
  void step(Database& database, Durability durability = Durability::synced) {
    std::map<Place, std::string> before = records_;
    WriteTransaction tx = database.begin();
    const bool bulk = random_() % 25 == 0;
    for (std::size_t i = random_() % 8; i != 0; --i) change(tx);
    if (bulk) put(tx, {RecordKind::key_value, "bulk"}, std::string(80'000, letter()));
    const SequenceNumber sequence = tx.commit(durability);
    ModelTransaction transaction;
    for (const auto& [place, body] : before) {
      const auto now = records_.find(place);
      if (now == records_.end()) {
        transaction.changes[place] = {body, std::nullopt};
      } else if (now->second != body) {
        transaction.changes[place] = {body, now->second};
      }
    }
    for (const auto& [place, body] : records_) {
      if (!before.contains(place)) transaction.changes[place] = {std::nullopt, body};
    }
    if (transaction.changes.empty()) return;
    std::string scratch;
    for (const auto& [place, bodies] : transaction.changes) {
      if (bodies.first) {
        digest_ -= record_hash({place.first, place.second, *bodies.first}, scratch);
      }
      if (bodies.second) {
        digest_ += record_hash({place.first, place.second, *bodies.second}, scratch);
      }
    }
    transaction.sequence = sequence.value;
    transaction.digest = digest_;
    transaction.bulk = bulk;
    transactions_.push_back(std::move(transaction));
  }

  const std::vector<ModelTransaction>& transactions() const { return transactions_; }

 private:
  static constexpr std::uint64_t kIds = 12;

  char letter() { return static_cast<char>('a' + random_() % 26); }

  void put(WriteTransaction& tx, const Place& place, const std::string& value) {
    tx.put_metadata(place.second, value);
    records_[place] = value;
  }

  void change(WriteTransaction& tx) {
    const std::uint64_t id = 1 + random_() % kIds;
    const Place entity{RecordKind::entity, id_key(id)};
    const Place edge{RecordKind::edge, id_key(id)};
    const Place metadata{RecordKind::key_value, "key " + std::to_string(id)};
    switch (random_() % 6) {
      case 0:
      case 1:
        put_entity(tx, id);
        break;
      case 2:
        tx.delete_entity(EntityId{id});
        delete_entity_in_model(id);
        break;
      case 3:
        put_edge(tx, id);
        break;
      case 4:
        tx.delete_edge(EdgeId{id});
        records_.erase(edge);
        break;
      default:
        if (random_() % 3 == 0) {
          tx.delete_metadata(metadata.second);
          records_.erase(metadata);
        } else {
          put(tx, metadata, std::string(random_() % 300, letter()));
        }
    }
  }

  void put_entity(WriteTransaction& tx, std::uint64_t id) {
    const std::vector<std::string> labels{std::string(1, letter())};
    const Properties properties{{"n", static_cast<std::int64_t>(random_() % 5)}};
    tx.put_entity({EntityId{id}, labels, properties});
    std::string body;
    encode_entity_body(labels, properties, body);
    records_[{RecordKind::entity, id_key(id)}] = body;
  }

  void put_edge(WriteTransaction& tx, std::uint64_t id) {
    const std::uint64_t source = 1 + random_() % kIds;
    const std::uint64_t target = 1 + random_() % kIds;
    if (!records_.contains({RecordKind::entity, id_key(source)}) ||
        !records_.contains({RecordKind::entity, id_key(target)})) {
      return;
    }
    const Properties properties{{"n", static_cast<std::int64_t>(random_() % 5)}};
    tx.put_edge({EdgeId{id}, EntityId{source}, EntityId{target}, "T", properties});
    std::string body;
    encode_edge_body(EntityId{source}, EntityId{target}, "T", properties, body);
    records_[{RecordKind::edge, id_key(id)}] = body;
  }

  void delete_entity_in_model(std::uint64_t id) {
    records_.erase({RecordKind::entity, id_key(id)});
    std::erase_if(records_, [id](const auto& record) {
      if (record.first.first != RecordKind::edge) return false;
      const EdgeHead head = decode_edge_head(record.second);
      return head.source == id || head.target == id;
    });
  }

  std::mt19937_64 random_;
  std::map<Place, std::string> records_;
  std::vector<ModelTransaction> transactions_;
  ContentDigest digest_;
};

}  // namespace manifolddb::log_test
