// The graph that the end-to-end benchmark measures: people who know and follow each other, the same
// one each time for the same size. A record is a function of its id, so nothing is kept in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace manifolddb::bench {

struct Person {
  std::uint64_t id = 0;
  bool employee = false, active = false;
  std::int64_t age = 0;
  double score = 0;
  std::string name, email, bio, joined;
};

struct Relation {
  std::uint64_t id = 0, source = 0, target = 0;
  bool follows = false;
  std::int64_t since = 0;
  double weight = 0;
};

// A generator for each record: SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
// Generators"), seeded by stream and number.
class RecordRandom {
 public:
  RecordRandom(std::uint64_t stream, std::uint64_t number)
      : state_(stream * 0xd1342543de82ef95u + number * 0x9e3779b97f4a7c15u) {}
  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return bits() % bound; }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

// `generation` 0 is the graph; others change age, score and biography.
inline Person make_person(std::uint64_t id, std::uint64_t generation) {
  static constexpr std::string_view kFirst[] = {"Ada",    "Søren", "Kateřina", "Ελένη", "François",
                                                "Misaki", "Ola",   "Nikolaï",  "Zoë",   "Juan"};
  static constexpr std::string_view kLast[] = {"Şahin",  "Dvořák", "van den Berg", "陈",
                                               "Müller", "O'Hara", "Nowak",        "Silva"};
  static constexpr std::string_view kWords[] = {
      "graph",   "coffee", "mountains", "東京",   "podcast",     "trains", "quiet", "between",
      "jazz",    "piano",  "founder",   "naïve",  "mathematics", "🚀",      "the",   "and",
      "cycling", "of",     "reads",     "design", "\"quoted\"",  "history"};
  RecordRandom fixed(1, id);
  RecordRandom changing(2 + generation, id);
  Person person;
  person.id = id;
  const std::uint64_t first = fixed.below(std::size(kFirst));
  person.name =
      std::string(kFirst[first]) + " " + std::string(kLast[fixed.below(std::size(kLast))]);
  person.email = "person" + std::to_string(id) + "@example.org";
  person.employee = fixed.below(4) == 0;
  person.active = fixed.below(2) == 0;
  char joined[32];
  std::snprintf(joined, sizeof joined, "20%02u-%02u-%02uT%02u:%02u:%02uZ",
                static_cast<unsigned>(10 + fixed.below(15)),
                static_cast<unsigned>(1 + fixed.below(12)),
                static_cast<unsigned>(1 + fixed.below(28)), static_cast<unsigned>(fixed.below(24)),
                static_cast<unsigned>(fixed.below(60)), static_cast<unsigned>(fixed.below(60)));
  person.joined = joined;
  person.age = static_cast<std::int64_t>(18 + changing.below(70));
  person.score = changing.unit() * 100;
  for (std::uint64_t words = 5 + changing.below(25); words > 0; --words) {
    if (!person.bio.empty()) person.bio += ' ';
    person.bio += kWords[changing.below(std::size(kWords))];
  }
  return person;
}

// Few people have many followers: targets crowd at the low ids.
inline Relation make_relation(std::uint64_t id, std::uint64_t people) {
  RecordRandom random(99, id);
  Relation relation;
  relation.id = id;
  relation.source = 1 + random.below(people);
  const double skewed = random.unit();
  relation.target = 1 + static_cast<std::uint64_t>(skewed * skewed * static_cast<double>(people));
  if (relation.target > people) relation.target = people;
  relation.follows = random.below(2) == 0;
  relation.since = static_cast<std::int64_t>(1990 + random.below(36));
  relation.weight = random.unit();
  return relation;
}

}  // namespace manifolddb::bench
