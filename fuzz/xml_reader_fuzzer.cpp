// Invariant: whatever bytes come as a file of an XML form, reading them ends as checking_sink.h
// says. The first byte chooses the form.
#include "checking_sink.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manifolddb;
  if (size == 0) return 0;
  const migrate::Format& format = data[0] % 2 == 0 ? migrate::kGraphmlFormat : migrate::kGexfFormat;
  fuzz::read_as(format, fuzz::as_text(data + 1, size - 1));
  return 0;
}
