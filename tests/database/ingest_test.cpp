// Ingests beside flushes and compactions, which the engine's own threads make at any moment and
// which an ingest must wait for (database/engine_tables). What happens where it does not is too
// rare to be met here: the long chain model met it once in 10,000 histories.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "common/varint.h"
#include "database/engine.h"

namespace manifolddb {
namespace {

class BusyEngine {
 public:
  BusyEngine() {
    EngineOptions options;
    options.where = EngineOptions::Where::memory;
    options.mode = EngineOptions::Mode::create;
    options.write_buffer_bytes = 64u << 10;  // the smallest: flushes and compactions without end
    engine_ = Engine::open(options);
  }

  void round() {
    for (int i = 0; i < 60; ++i) write();
    ingest();
  }

 private:
  static constexpr Family kFamilies[] = {Family::entities, Family::edges, Family::outgoing,
                                         Family::incoming, Family::changes};

  std::string random_key() {
    std::string key;
    append_be64(key, random_() % 100'000);
    return key;
  }

  void write() {
    EngineBatch batch;
    for (const Family family : kFamilies) {
      for (int i = 0; i < 8; ++i) batch.put(family, random_key(), std::string(100, 'x'));
    }
    engine_->write(batch);
  }

  void ingest() {
    std::vector<TableFile> files;
    for (const Family family : kFamilies) {
      const auto path =
          engine_->scratch_directory() / ("t" + std::to_string(next_file_++) + ".sst");
      TableWriter table(*engine_, family, path);
      std::string key;
      append_be64(key, random_() % 100'000);
      table.put(key, "ingested");
      table.finish();
      files.push_back({family, path});
      last_[static_cast<std::size_t>(family)] = key;
    }
    engine_->ingest(files);
    for (const Family family : kFamilies) {
      ASSERT_EQ(engine_->get(family, last_[static_cast<std::size_t>(family)], nullptr), "ingested");
    }
  }

  std::unique_ptr<Engine> engine_;
  std::mt19937_64 random_{7};
  std::uint64_t next_file_ = 0;
  std::string last_[kFamilyCount];
};

TEST(IngestBesideBackgroundWork, IsSeenAtOnceAndEnds) {
  BusyEngine work;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < end) work.round();
}

}  // namespace
}  // namespace manifolddb
