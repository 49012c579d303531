// A program of somebody else, built against the installed library only.
#include <cstdio>

#include "manifolddb/database.h"

int main() {
  using namespace manifolddb;
  Database database = Database::in_memory();
  WriteTransaction transaction = database.begin();
  const EntityId ada = transaction.create_entity({"Person"}, {{"name", Value("Ada")}});
  const EntityId book = transaction.create_entity({"Book"}, {});
  transaction.create_edge(ada, book, "WROTE", {});
  transaction.commit();
  const GraphCounts counts = database.statistics().counts;
  std::printf("%llu entities, %llu edges\n", static_cast<unsigned long long>(counts.entity_count),
              static_cast<unsigned long long>(counts.edge_count));
  return 0;
}
