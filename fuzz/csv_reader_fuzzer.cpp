// Invariant: whatever bytes come as a file of any CSV dialect, reading them ends, or throws
// Error{damaged} or {usage}; every record that is handed on is canonical, its places lie within the
// text and ascend within a file; and rows that are written as fields read back the same.
#include <sstream>
#include <string>
#include <vector>

#include "common/value_codec.h"
#include "fuzz_target.h"
#include "io/file_stream.h"
#include "manifolddb/error.h"
#include "migrate/csv_rows.h"
#include "migrate/csv_text.h"
#include "migrate/formats.h"

namespace {

using namespace manifolddb;
using fuzz::require;

constexpr std::size_t kFuzzedBytesMax = 64u << 10;

class CheckingSink final : public migrate::GraphSink {
 public:
  explicit CheckingSink(std::size_t text_bytes) : text_bytes_(text_bytes) {}
  std::uint32_t id_space(std::string_view name) override { return name.empty() ? 0 : 1; }
  void node(const migrate::SourceNode& node) override {
    check(node.place);
    body_.clear();
    try {
      migrate::append_labels(node.labels, body_);
      node.properties->encode(body_);
    } catch (const Error& error) {
      return require(error.code() == ErrorCode::invalid_argument, "bad names are bad arguments");
    }
    check_body(RecordKind::entity, body_);
  }
  void edge(const migrate::SourceEdge& edge) override {
    check(edge.place);
    body_ = "\x01\x01";  // the ends
    try {
      migrate::append_edge_type(edge.type, body_);
      edge.properties->encode(body_);
    } catch (const Error& error) {
      return require(error.code() == ErrorCode::invalid_argument, "bad names are bad arguments");
    }
    check_body(RecordKind::edge, body_);
  }
  void metadata(const migrate::Place&, std::string_view, std::string_view) override {
    require(false, "tables have nothing beside the graph");
  }
  void counters(std::uint64_t, std::uint64_t) override {
    require(false, "tables have no counters");
  }
  void nodes_end() override {}
  void convert(std::string_view, const migrate::Place&) override {}
  void refuse(const migrate::Place& place, const std::string& what) override {
    check(place);
    require(!what.empty(), "a refusal says why");
  }

 private:
  void check(const migrate::Place& place) {
    require(place.line >= 1 && place.byte <= text_bytes_ * 2, "a place lies within the text");
    require(place.line >= line_, "places ascend");
    line_ = place.line;
  }
  std::size_t text_bytes_;
  std::uint64_t line_ = 0;
  std::string body_;
};

void read_as(const migrate::Format& format, std::string_view text) {
  std::istringstream in{std::string(text)};
  migrate::Input input;
  input.stream = &in;
  input.names = {"T"};
  migrate::InputFiles files({input}, {});
  migrate::ImportOptions options;
  options.format = format.name;
  CheckingSink sink(text.size());
  format.recognises(files.head(0), options);
  format.read(files, options, sink);
}

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

template <typename Call>
void expect_only_refusals(Call call) {
  try {
    call();
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged || error.code() == ErrorCode::usage,
            "bad input is damage or usage");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kFuzzedBytesMax) return 0;
  const std::string_view text = fuzz::as_text(data, size);
  for (const migrate::Format& format : migrate::formats()) {
    if (std::string_view(format.name).ends_with("csv")) {
      expect_only_refusals([&] { read_as(format, text); });
    }
  }
  expect_only_refusals([&] { write_and_read_again(text); });
  return 0;
}
