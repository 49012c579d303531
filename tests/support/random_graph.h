// Random values, records and whole graphs for property tests, extreme values often among them. The
// same seed gives the same graph on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "manifolddb/graph.h"
#include "manifolddb/value.h"

namespace manifolddb::test_support {

enum class IdChoice {
  dense,   // 1, 2, 3 ...
  random,  // anywhere in 1 to 2^63-1, both ends often among them
};

struct RandomGraphOptions {
  std::size_t entities = 50;
  std::size_t edges = 100;  // none when there are no entities; self-loops and parallel edges occur
  std::size_t metadata = 10;
  IdChoice ids = IdChoice::dense;
  std::size_t properties_max = 6;     // of one record
  std::size_t string_bytes_max = 64;  // of ordinary strings; one in 200 has huge_string_bytes
  std::size_t huge_string_bytes = 20'000;
  std::size_t items_max = 5;  // of a list, map or vector
  int depth_max = 48;         // of values; one in 100 goes all the way down
};

// Entities, edges and metadata ascend by id or key, each once; the ends of every edge are among the
// entities.
struct RandomGraph {
  std::vector<Entity> entities;
  std::vector<Edge> edges;
  std::vector<MetadataEntry> metadata;
};

RandomGraph make_random_graph(std::uint64_t seed, RandomGraphOptions options = {});

// The parts, for tests of their own.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed, RandomGraphOptions options = {})
      : random_(seed), options_(options) {}

  std::uint64_t below(std::uint64_t bound);  // 0 to bound-1; requires bound > 0
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::uint64_t bits() { return random_(); }

  Value value();  // of any type
  Properties properties();
  std::vector<std::string> labels();  // ascending, each once
  std::string text();                 // UTF-8, sometimes empty, huge or with U+0000
  std::string bytes();                // any bytes
  std::string key();                  // short UTF-8, sometimes empty or beginning with `$`
  std::uint64_t id(std::uint64_t dense);
  double real();
  float real32();
  std::int64_t integer();

 private:
  Value value_at(int depth);
  Value scalar();
  Value temporal();
  Value structure(int depth);
  Value nested_to_the_limit(int depth);
  Duration duration();
  std::int32_t days();
  std::int64_t nanoseconds();
  std::int16_t offset();
  std::vector<float> floats();
  SparseVector sparse_vector();
  MultiVector multi_vector();
  Map map(int depth);
  List list(int depth);

  std::mt19937_64 random_;
  RandomGraphOptions options_;
};

}  // namespace manifolddb::test_support
