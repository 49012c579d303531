// What the by-sequence change index costs a commit: entities of about 300 bytes are replaced, 1,000
// in a batch, with and without their entries in it (argument 1 or 0). Nothing is synced. The folder
// is that of TMPDIR.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "common/value_codec.h"
#include "database/change_deriver.h"
#include "database/engine.h"
#include "database/key_codec.h"

namespace manifolddb {
namespace {

constexpr std::uint64_t kEntities = 200'000;
constexpr std::uint64_t kChangesPerCommit = 1000;

class Sink final : public ChangeSink {
 public:
  EngineBatch batch;
  void put(Family family, std::string_view key, std::string_view value) override {
    batch.put(family, key, value);
  }
  void remove(Family family, std::string_view key) override { batch.remove(family, key); }
  void count(std::string_view, std::int64_t) override {}
};

std::string body_of(std::uint64_t id, std::uint64_t version) {
  Properties properties;
  properties["name"] = "someone" + std::to_string(id);
  properties["bio"] = std::string(230, static_cast<char>('a' + version % 26));
  properties["version"] = static_cast<std::int64_t>(version);
  std::string body;
  encode_entity_body({"Person"}, properties, body);
  return body;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "manifold-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

void BM_ReplaceEntities(benchmark::State& state) {
  const ChangeIndexing indexing = state.range(0) == 1 ? ChangeIndexing::on : ChangeIndexing::off;
  const Folder folder;
  EngineOptions options;
  options.path = folder.path;
  options.mode = EngineOptions::Mode::create;
  const auto engine = Engine::open(options);
  std::mt19937_64 random(42);
  std::uint64_t sequence = 1;
  for (auto _ : state) {
    Sink sink;
    ChangeDeriver deriver(++sequence, indexing);
    for (std::uint64_t i = 0; i < kChangesPerCommit; ++i) {
      const std::uint64_t id = 1 + random() % kEntities;
      const std::string key = id_key(id);
      const std::string before = body_of(id, sequence - 1);
      const std::string after = body_of(id, sequence);
      RecordChange change;
      change.kind = RecordKind::entity;
      change.key = key;
      change.has_old = true;
      change.old_stamp = sequence - 1;
      change.old_body = before;
      change.has_new = true;
      change.new_body = after;
      deriver.derive(change, sink);
    }
    engine->write(sink.batch);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kChangesPerCommit));
}
BENCHMARK(BM_ReplaceEntities)->ArgName("indexed")->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace manifolddb
