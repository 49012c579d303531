// Invariant: whatever bytes come as a file of a JSON form, reading them ends as checking_sink.h
// says. The first byte chooses the form.
#include "checking_sink.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manifolddb;
  static const migrate::Format* const forms[] = {
      &migrate::kNeo4jApocFormat, &migrate::kGraphsonFormat, &migrate::kManifoldV1Format};
  if (size == 0) return 0;
  fuzz::read_as(*forms[data[0] % std::size(forms)], fuzz::as_text(data + 1, size - 1));
  return 0;
}
