// Public collections of nasty texts, put where a property's value stands: what is not JSON is
// refused in both modes, what is JSON is stored and comes back with its bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <sstream>

#include "backup/json_scanner.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "support/line_parsing.h"
#include "support/test_data.h"

namespace manifolddb {
namespace {

using namespace test_support;
namespace fs = std::filesystem;

class HostileText : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test_data_folder() / "hostile";
    if (test_data_folder().empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  }

  std::map<std::string, std::string> files(const char* subfolder) const {
    std::map<std::string, std::string> result;
    for (const auto& entry : fs::directory_iterator(folder_ / subfolder)) {
      result[entry.path().filename()] = read_whole_file(entry.path());
    }
    return result;
  }

  fs::path folder_;
};

// Refused in both modes, at a byte inside the line, which the scanner explains without simdjson's
// help.
void expect_refused(const std::string& json) {
  const std::string line = entity_line(json);
  const ParseOutcome tolerant = parse_tolerant(line);
  EXPECT_FALSE(tolerant.accepted);
  EXPECT_LE(tolerant.error.byte, line.size());
  EXPECT_EQ(tolerant.error.what.find("not JSON:"), std::string::npos) << tolerant.error.what;
  EXPECT_FALSE(parse_strict(line).accepted);
}

// What is accepted is written in a form that the strict reader takes, with the same content.
void expect_round_trip(const std::string& json) {
  const ParseOutcome tolerant = parse_tolerant(entity_line(json));
  ASSERT_TRUE(tolerant.accepted) << tolerant.error.byte << ": " << tolerant.error.what;
  const ParseOutcome strict = parse_strict(rewrite(tolerant.line));
  ASSERT_TRUE(strict.accepted) << strict.error.what;
  EXPECT_EQ(strict.line.body, tolerant.line.body);
}

TEST_F(HostileText, JsonTestSuite) {
  // Valid JSON that a record cannot hold.
  const std::map<std::string, std::string> refused_though_valid = {
      {"y_object_duplicated_key.json", "comes twice"},
      {"y_object_duplicated_key_and_value.json", "comes twice"}};
  int refused = 0;
  int accepted = 0;
  for (const auto& [name, text] : files("JSONTestSuite/test_parsing")) {
    SCOPED_TRACE(name);
    const auto exception = refused_though_valid.find(name);
    if (name.substr(0, 2) == "n_") {
      expect_refused(text);
      ++refused;
    } else if (exception != refused_though_valid.end()) {
      EXPECT_NE(parse_tolerant(entity_line(text)).error.what.find(exception->second),
                std::string::npos);
    } else if (name.substr(0, 2) == "y_") {
      expect_round_trip(text);
      ++accepted;
    } else if (parse_tolerant(entity_line(text)).accepted) {
      expect_round_trip(text);
    } else {
      expect_refused(text);
    }
  }
  EXPECT_EQ(refused, 188);
  EXPECT_EQ(accepted, 93);
}

TEST_F(HostileText, JsonOrgChecker) {
  // fail1 is a bare string and fail18 is nested 20 deep: both are values here.
  for (const auto& [name, text] : files("json-org-checker")) {
    SCOPED_TRACE(name);
    if (name.substr(0, 4) == "pass" || name == "fail1.json" || name == "fail18.json") {
      expect_round_trip(text);
    } else {
      expect_refused(text);
    }
  }
}

TEST_F(HostileText, RealJsonLines) {
  std::istringstream lines(files("ndjson-real").at("amazon_cellphones.ndjson"));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    expect_round_trip(line);
    ++count;
  }
  EXPECT_GT(count, 100);
}

TEST_F(HostileText, EachLineOfKuhnsUtf8TestIsTakenOrRefusedAsAWhole) {
  std::istringstream lines(files("utf8-kuhn").at("UTF-8-test.txt"));
  std::string text;
  int invalid_lines = 0;
  while (std::getline(lines, text)) {
    std::replace(text.begin(), text.end(), '"', '\'');
    std::replace(text.begin(), text.end(), '\\', '/');
    if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; })) continue;
    const std::size_t invalid = find_invalid_utf8(text);
    const ParseOutcome parsed = parse_strict(entity_line("\"" + text + "\""));
    EXPECT_EQ(parsed.accepted, invalid == kValidUtf8) << text;
    if (parsed.accepted) continue;
    ++invalid_lines;
    EXPECT_EQ(parsed.error.byte, kEntityValueByte + 1 + invalid) << text;
    EXPECT_EQ(parsed.error.what, "invalid UTF-8");
  }
  EXPECT_EQ(invalid_lines, 68);
}

std::vector<std::string> naughty_strings(const std::string& json) {
  const ParseOutcome parsed = parse_tolerant(entity_line(json));
  EXPECT_TRUE(parsed.accepted) << parsed.error.what;
  Entity entity;
  decode_entity({1}, parsed.line.body, entity);
  std::vector<std::string> strings;
  for (const Value& value : *entity.properties.at("v").get_if<List>()) {
    strings.push_back(*value.get_if<std::string>());
  }
  return strings;
}

TEST_F(HostileText, NaughtyStringsAreValuesKeysLabelsAndTypes) {
  const std::vector<std::string> strings = naughty_strings(files("blns").at("blns.json"));
  EXPECT_GT(strings.size(), 500u);
  std::string key;
  append_be64(key, 1);
  for (const std::string& text : strings) {
    const Properties properties{{text, text}, {"map", Map{{text, List{text}}}}};
    const Entity entity{{1}, {text}, properties};
    std::string body;
    encode_entity_body(entity.labels, entity.properties, body);
    std::string line;
    append_record_line({RecordKind::entity, key, body}, line);
    line.pop_back();
    ParseOutcome parsed = parse_strict(line);
    ASSERT_TRUE(parsed.accepted) << line << parsed.error.what;
    Entity decoded;
    decode_entity({1}, parsed.line.body, decoded);
    EXPECT_EQ(decoded, entity) << line;

    body.clear();
    encode_edge_body({1}, {2}, text, {}, body);
    line.clear();
    append_record_line({RecordKind::edge, key, body}, line);
    line.pop_back();
    parsed = parse_strict(line);
    ASSERT_TRUE(parsed.accepted) << line << parsed.error.what;
    EXPECT_EQ(decode_edge_head(parsed.line.body).edge_type, text);
  }
}

bool is_json_float(const std::string& text) {
  return text.find_first_of(".eE") != std::string::npos && !backup::find_json_error(text);
}

TEST_F(HostileText, EveryDoubleComesBackWithItsBits) {
  constexpr std::uint64_t kInfinity = 0x7ff0000000000000u;
  int from_text = 0;
  for (const auto& [name, content] : files("doubles")) {
    std::istringstream lines(content);
    std::string half, single, bits_text, text;
    while (lines >> half >> single >> bits_text >> text) {
      const std::uint64_t bits = std::stoull(bits_text, nullptr, 16);
      const float single_value =
          std::bit_cast<float>(static_cast<std::uint32_t>(std::stoul(single, nullptr, 16)));
      const Properties properties{{"v", std::bit_cast<double>(bits)},
                                  {"w", Vector{{single_value}}}};
      std::string body;
      encode_entity_body({}, properties, body);
      std::string key;
      append_be64(key, 1);
      std::string line;
      append_record_line({RecordKind::entity, key, body}, line);
      line.pop_back();
      const ParseOutcome parsed = parse_strict(line);
      ASSERT_TRUE(parsed.accepted) << line << parsed.error.what;
      ASSERT_EQ(parsed.line.body, body) << line;

      // Their own spelling, where it is JSON; infinity stands for what is out of range.
      const std::string number = text.substr(text.front() == '+' ? 1 : 0);
      if (!is_json_float(number) || (bits & kInfinity) == kInfinity) continue;
      ++from_text;
      const ParseOutcome spelled = parse_tolerant(entity_line(number));
      ASSERT_TRUE(spelled.accepted) << number << spelled.error.what;
      Entity entity;
      decode_entity({1}, spelled.line.body, entity);
      EXPECT_EQ(entity.properties.at("v"), Value(std::bit_cast<double>(bits))) << number;

      if (!std::isfinite(single_value)) continue;
      const ParseOutcome vector = parse_tolerant(entity_line(R"({"$vector":[)" + number + "]}"));
      ASSERT_TRUE(vector.accepted) << number << vector.error.what;
      decode_entity({1}, vector.line.body, entity);
      EXPECT_EQ(entity.properties.at("v"), Value(Vector{{single_value}})) << number;
    }
  }
  EXPECT_GT(from_text, 1000);
}

}  // namespace
}  // namespace manifolddb
