// Invariant: whatever bytes come as statements of Cypher, reading them ends as checking_sink.h
// says.
#include "checking_sink.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manifolddb;
  fuzz::read_as(migrate::kCypherlFormat, fuzz::as_text(data, size));
  return 0;
}
