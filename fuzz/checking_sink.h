// Reads bytes as a file of a foreign format, and looks at what the reader hands on: records are
// canonical, places lie within the text and ascend; what cannot be read is Error{damaged}, {usage}
// or {newer_format}.
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include "common/value_codec.h"
#include "fuzz_target.h"
#include "manifolddb/error.h"
#include "migrate/formats.h"
#include "migrate/graph_sink.h"
#include "migrate/input_files.h"

namespace manifolddb::fuzz {

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
  void metadata(const migrate::Place& place, std::string_view, std::string_view) override {
    check(place);
  }
  void counters(std::uint64_t, std::uint64_t) override {}
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

constexpr std::size_t kFuzzedFileBytesMax = 64u << 10;

inline void read_as(const migrate::Format& format, std::string_view text) {
  if (text.size() > kFuzzedFileBytesMax) return;
  std::istringstream in{std::string(text)};
  migrate::Input input;
  input.stream = &in;
  input.names = {"T"};
  migrate::ImportOptions options;
  options.format = format.name;
  try {
    migrate::InputFiles files({input}, {});
    CheckingSink sink(text.size());
    for (const migrate::Format& any : migrate::formats()) any.recognises(files.head(0), options);
    format.read(files, options, sink);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged || error.code() == ErrorCode::usage ||
                error.code() == ErrorCode::newer_format,
            "bad input is damage, usage or of a newer version");
  }
}

}  // namespace manifolddb::fuzz
