// Invariant: whatever bytes come as statements of Cypher, reading them ends, or throws
// Error{damaged} or {usage}; every record that is handed on is canonical, and its places lie within
// the text and ascend.
#include <sstream>
#include <string>

#include "checking_sink.h"
#include "fuzz_target.h"
#include "manifolddb/error.h"
#include "migrate/formats.h"
#include "migrate/input_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manifolddb;
  constexpr std::size_t kFuzzedBytesMax = 64u << 10;
  if (size > kFuzzedBytesMax) return 0;
  const std::string_view text = fuzz::as_text(data, size);
  std::istringstream in{std::string(text)};
  migrate::Input input;
  input.stream = &in;
  try {
    migrate::InputFiles files({input}, {});
    fuzz::CheckingSink sink(text.size());
    const migrate::ImportOptions options;
    migrate::kCypherlFormat.recognises(files.head(0), options);
    migrate::kKuzuFormat.recognises(files.head(0), options);
    migrate::kCypherlFormat.read(files, options, sink);
  } catch (const Error& error) {
    fuzz::require(error.code() == ErrorCode::damaged || error.code() == ErrorCode::usage,
                  "bad input is damage or usage");
  }
  return 0;
}
