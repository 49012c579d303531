// Reads bytes as a file of a foreign format, and looks at what the reader hands on: records are
// canonical, places lie within the text and ascend; what cannot be read is Error{damaged} or
// {usage}. Our predecessor's form may also have metadata, counters and a newer version.
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
  explicit CheckingSink(std::size_t text_bytes, bool is_manifold_v1 = false)
      : text_bytes_(text_bytes), is_manifold_v1_(is_manifold_v1) {}
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
    require(is_manifold_v1_, "this form has nothing beside the graph");
  }
  void counters(std::uint64_t, std::uint64_t) override {
    require(is_manifold_v1_, "this form has no counters");
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
  bool is_manifold_v1_;
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
  const bool is_manifold_v1 = &format == &migrate::kManifoldV1Format;
  try {
    migrate::InputFiles files({input}, {});
    CheckingSink sink(text.size(), is_manifold_v1);
    for (const migrate::Format& any : migrate::formats()) any.recognises(files.head(0), options);
    format.read(files, options, sink);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged || error.code() == ErrorCode::usage ||
                (is_manifold_v1 && error.code() == ErrorCode::newer_format),
            "bad input is damage or usage");
  }
}

}  // namespace manifolddb::fuzz
