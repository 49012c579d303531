// Invariant: whatever bytes come as a file of any CSV dialect, reading them ends as checking_sink.h
// says, and rows that are written as fields read back the same.
#include <sstream>
#include <string>
#include <vector>

#include "checking_sink.h"
#include "fuzz_target.h"
#include "io/file_stream.h"
#include "manifolddb/error.h"
#include "migrate/csv_rows.h"
#include "migrate/csv_text.h"

namespace {

using namespace manifolddb;
using fuzz::require;

std::vector<std::vector<std::string>> rows_of(const std::string& text) {
  std::istringstream in(text);
  StreamSource source(in);
  migrate::CsvRows rows(source, ',', '"');
  std::vector<std::vector<std::string>> all;
  for (std::vector<migrate::CsvField> fields; rows.next(fields);) {
    all.emplace_back();
    for (const migrate::CsvField& field : fields) all.back().emplace_back(field.text);
  }
  return all;
}

void write_and_read_again(std::string_view text) {
  const auto rows = rows_of(std::string(text));
  std::string written;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i != 0) written += ',';
      migrate::append_csv_field(row[i], {}, written);
    }
    written += '\n';
  }
  require(rows_of(written) == rows, "rows read back as they were written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > fuzz::kFuzzedFileBytesMax) return 0;
  const std::string_view text = fuzz::as_text(data, size);
  for (const migrate::Format& format : migrate::formats()) {
    if (std::string_view(format.name).ends_with("csv")) fuzz::read_as(format, text);
  }
  try {
    write_and_read_again(text);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged, "bad rows are damage");
  }
  return 0;
}
