// The canonical encoding is what is stored, hashed and backed up: it must hold every value exactly,
// be the only encoding of it, and let nothing in that a backup's line could not hold.
#include "common/value_codec.h"

#include <gtest/gtest.h>

#include <bit>

#include "common/json_writer.h"
#include "common/varint.h"
#include "manifolddb/error.h"
#include "support/random_graph.h"

namespace manifolddb {
namespace {

using test_support::RandomValues;

std::string encode(const Value& value) {
  std::string out;
  encode_value(value, 1, out);
  return out;
}

std::string entity_body(const Properties& properties) {
  std::string out;
  encode_entity_body({}, properties, out);
  return out;
}

// The message with which `call` fails.
template <typename Call>
std::string error_of(ErrorCode code, Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

std::string refusal(const Value& value) {
  std::string out = "before";
  const std::string message = error_of(ErrorCode::invalid_argument, [&] {
    encode_entity_body({}, {{"a", 1}, {"name", value}}, out);
  });
  EXPECT_EQ(out, "before") << "what was encoded before the error is cut off";
  EXPECT_NE(message.find("\"name\""), std::string::npos) << message;
  return message;
}

Value nested(int levels, Value inner) {
  for (int i = 1; i < levels; ++i)
    inner = i % 2 == 0 ? Value(List{inner}) : Value(Map{{"k", inner}});
  return inner;
}

TEST(ValueCodec, RandomRecordsComeBackWithTheSameBits) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomValues random(seed);
  for (int i = 0; i < 3000; ++i) {
    const Entity entity{{7}, random.labels(), random.properties()};
    std::string body;
    encode_entity_body(entity.labels, entity.properties, body);
    check_body(RecordKind::entity, body);
    Entity decoded;
    decode_entity({7}, body, decoded);
    ASSERT_EQ(decoded, entity);

    const Edge edge{{9}, {random.id(1)}, {random.id(2)}, random.key(), random.properties()};
    body.clear();
    encode_edge_body(edge.source, edge.target, edge.edge_type, edge.properties, body);
    check_body(RecordKind::edge, body);
    Edge decoded_edge;
    decode_edge({9}, body, decoded_edge);
    ASSERT_EQ(decoded_edge, edge);
    const EdgeHead head = decode_edge_head(body);
    EXPECT_EQ(head.source, edge.source.value);
    EXPECT_EQ(head.target, edge.target.value);
    EXPECT_EQ(head.edge_type, edge.edge_type);
  }
}

TEST(ValueCodec, EqualityIsThatOfTheBits) {
  const double nan_a = std::bit_cast<double>(0x7ff8000000000001u);
  const double nan_b = std::bit_cast<double>(0x7ff8000000000002u);
  EXPECT_EQ(Value(nan_a), Value(nan_a));
  EXPECT_NE(Value(nan_a), Value(nan_b));
  EXPECT_NE(Value(0.0), Value(-0.0));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value("x"), Value(Bytes{"x"}));
  EXPECT_NE(Value(Vector{{0.0f}}), Value(Vector{{-0.0f}}));
  EXPECT_EQ(Value(Point{1, nan_a, 0, {}}), Value(Point{1, nan_a, 0, {}}));
  EXPECT_NE(Value(Point{1, 0, 0, 0.0}), Value(Point{1, 0, 0, {}}));
  EXPECT_NE(Value(Point{1, 0, 0, 0.0}), Value(Point{1, 0, 0, -0.0}));
  EXPECT_NE(Value(MultiVector{{{1}, {}}}), Value(MultiVector{{{}, {1}}}));
  EXPECT_NE(Value(SparseVector{{1}, {1}}), Value(SparseVector{{2}, {1}}));
  EXPECT_EQ(Value(List{Map{{"k", nan_a}}}), Value(List{Map{{"k", nan_a}}}));
  EXPECT_NE(Value(List{Map{{"k", nan_a}}}), Value(List{Map{{"k", nan_b}}}));
}

TEST(ValueCodec, LabelsAreASetInByteOrder) {
  std::string body;
  encode_entity_body({"b", "a", "B", "a"}, {}, body);
  std::vector<std::string_view> labels;
  decode_labels(body, labels);
  EXPECT_EQ(labels, (std::vector<std::string_view>{"B", "a", "b"}));
}

TEST(ValueCodec, RefusesTextThatIsNotUtf8AndSaysWhere) {
  EXPECT_NE(refusal("abc\xff").find("byte 3"), std::string::npos);
  EXPECT_NE(refusal(List{"ok", Map{{"k", "\xed\xa0\x80"}}}).find("byte 0"), std::string::npos);
  EXPECT_NE(refusal(Map{{"a\xc0\x80", 1}}).find("byte 1"), std::string::npos);
  std::string out;
  const auto entity = [&](const char* label, const char* name) {
    return error_of(ErrorCode::invalid_argument, [&] {
      encode_entity_body({label}, {{name, 1}}, out);
    });
  };
  EXPECT_NE(entity("x\x80", "n").find("\"x\\x80\" is not valid UTF-8 at byte 1"),
            std::string::npos);
  EXPECT_NE(entity("x", "n\xf5").find("\"n\\xf5\" is not valid UTF-8 at byte 1"),
            std::string::npos);
  const std::string type_error =
      error_of(ErrorCode::invalid_argument, [&] { encode_edge_body({1}, {2}, "T\xfe", {}, out); });
  EXPECT_NE(type_error.find("edge type"), std::string::npos);
  EXPECT_TRUE(out.empty());
}

TEST(ValueCodec, NamesMayHave64KiBAndNoMore) {
  const std::string longest(kNameBytesMax, 'n');
  const std::string too_long(kNameBytesMax + 1, 'n');
  std::string out;
  encode_entity_body({longest}, {{longest, 1}}, out);
  encode_edge_body({1}, {2}, longest, {}, out);
  encode_value(Map{{too_long, 1}}, 1, out);  // a map's key is no name
  const auto refused = [&](auto call) {
    const std::string message = error_of(ErrorCode::invalid_argument, call);
    EXPECT_NE(message.find("65537"), std::string::npos) << message;
    EXPECT_NE(message.find("65536"), std::string::npos) << message;
  };
  refused([&] { encode_entity_body({too_long}, {}, out); });
  refused([&] { encode_entity_body({}, {{too_long, 1}}, out); });
  refused([&] { encode_edge_body({1}, {2}, too_long, {}, out); });
}

TEST(ValueCodec, ValuesMayBeNested48DeepAndNoMore) {
  for (const Value& inner : {Value(1), Value(List{}), Value(Map{}), Value(Vector{{1}})}) {
    const Value deepest = nested(kValueDepthMax, inner);
    const std::string body = entity_body({{"name", deepest}});
    check_body(RecordKind::entity, body);
    Entity decoded;
    decode_entity({1}, body, decoded);
    EXPECT_EQ(decoded.properties.at("name"), deepest);
    EXPECT_NE(refusal(nested(kValueDepthMax + 1, inner)).find("48"), std::string::npos);
  }
}

TEST(ValueCodec, RefusesWhatLiesOutsideItsRange) {
  const auto accepts = [](const Value& value) { EXPECT_FALSE(encode(value).empty()); };
  accepts(Date{-719162});
  accepts(Date{2932896});
  EXPECT_NE(refusal(Date{-719163}).find("-719163"), std::string::npos);
  EXPECT_NE(refusal(Date{2932897}).find("2932897"), std::string::npos);
  refusal(DateTime{2932897, 0, {}, {}});
  accepts(Time{86399999999999, std::int16_t{1439}});
  refusal(Time{86400000000000, {}});
  refusal(Time{-1, {}});
  EXPECT_NE(refusal(Time{0, std::int16_t{1440}}).find("1440"), std::string::npos);
  refusal(Time{0, std::int16_t{-1440}});
  refusal(DateTime{0, 86400000000000, {}, {}});
  refusal(DateTime{0, 0, std::int16_t{1440}, {}});
  accepts(DateTime{0, 0, std::int16_t{0}, std::string(255, 'z')});
  refusal(DateTime{0, 0, std::int16_t{0}, std::string(256, 'z')});
  refusal(DateTime{0, 0, std::int16_t{0}, ""});
  refusal(DateTime{0, 0, std::int16_t{0}, "Europe/Zürich"});
  refusal(DateTime{0, 0, std::int16_t{0}, "a b"});
  EXPECT_NE(refusal(DateTime{0, 0, {}, "UTC"}).find("needs an offset"), std::string::npos);
  refusal(Duration{0, 0, 0, 1'000'000'000});
  refusal(Duration{0, 0, 0, -1});
  refusal(SparseVector{{1, 1}, {0, 0}});
  refusal(SparseVector{{2, 1}, {0, 0}});
  EXPECT_NE(refusal(SparseVector{{1, 2}, {0}}).find("2 indices and 1 values"), std::string::npos);
}

// A body that differs from a canonical one in any way is damage, not another spelling.
void expect_damaged(RecordKind kind, const std::string& body, const char* reason) {
  const auto contains_reason = [&](const std::string& message) {
    EXPECT_NE(message.find(reason), std::string::npos) << message;
  };
  contains_reason(error_of(ErrorCode::damaged, [&] { check_body(kind, body); }));
  std::string key;
  append_be64(key, 1);
  std::string line = "before";
  contains_reason(error_of(ErrorCode::damaged, [&] {
    append_record_line({kind, key, body}, line);
  }));
  EXPECT_EQ(line, "before");
  contains_reason(error_of(ErrorCode::damaged, [&] {
    Entity entity;
    Edge edge;
    kind == RecordKind::entity ? decode_entity({1}, body, entity) : decode_edge({1}, body, edge);
  }));
}

std::string with_value(std::string_view encoded) {
  return std::string("\0\1\1v", 4) + std::string(encoded);
}

std::string varint(std::uint64_t value) {
  std::string out;
  append_varint(out, value);
  return out;
}

TEST(ValueCodec, DamagedBodiesAreNamed) {
  using namespace std::string_literals;
  const auto entity = [](const std::string& body, const char* reason) {
    expect_damaged(RecordKind::entity, body, reason);
  };
  entity("", "ends too early");
  entity("\0"s, "ends too early");
  entity("\0\0x"s, "behind the last field");
  entity("\2\1b\1a\0"s, "labels do not ascend");
  entity("\2\1a\1a\0"s, "labels do not ascend");
  entity("\0\2\1b\1\1a\1"s, "property names do not ascend");
  entity("\0\2\1a\1\1a\1"s, "property names do not ascend");
  entity("\5\1a\0"s, "a count is larger");
  entity("\1\5a\0"s, "a length is larger");
  entity("\x80\0\0"s, "cut short or too long");
  entity(with_value("\0"s), "unknown value tag");
  entity(with_value("\x16"), "unknown value tag");
  entity(with_value("\xff"), "unknown value tag");
  entity(with_value("\4"), "ends too early");
  entity(with_value("\5\0\0\0\0\0\0\0"s), "ends too early");
  entity(with_value("\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\2"), "cut short or too long");
  entity(with_value("\x12\2\1b\1\1a\1"), "a map's keys do not ascend");
  entity(with_value("\x11\xff\xff\xff\xff\x0f"), "a count is larger");
  entity(with_value("\x14\2\2\1\0\0\0\0\0\0\0\0"s), "indices do not ascend");
  entity(with_value("\x14\1\x80\x80\x80\x80\x10\0\0\0\0"s), "exceeds 32 bits");
  entity(with_value("\x08" + varint(zigzag(2932897))), "years 0001 to 9999");
  entity(with_value("\x08" + varint(zigzag(-719163))), "years 0001 to 9999");
  entity(with_value("\x09" + varint(86'400'000'000'000)), "outside the day");
  entity(with_value("\x0a\0"s + varint(zigzag(1440))), "time offset");
  entity(with_value("\x0a\0"s + varint(zigzag(-1440))), "time offset");
  entity(with_value("\x0d\0\0\0\0"s), "zone name");
  entity(with_value("\x0e\0\0\0"s + varint(1'000'000'000)), "nanoseconds exceed");
  std::string deep = "\1";
  for (int i = 0; i < kValueDepthMax; ++i) deep.insert(0, "\x11\1");
  entity(with_value(deep), "nested deeper");
  expect_damaged(RecordKind::edge, "\0\1\1T\0"s, "an id is outside");
  expect_damaged(RecordKind::edge, "\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\1\1T\0"s,
                 "an id is outside");
}

TEST(ValueCodec, CheckFindsTextThatIsNotUtf8) {
  using namespace std::string_literals;
  for (const std::string& body : {"\1\1\xff\0"s, "\0\1\1\xff\1"s, with_value("\6\1\xff"),
                                  with_value("\x11\1\6\1\xff"), with_value("\x12\1\1\xff\1")}) {
    const std::string message =
        error_of(ErrorCode::damaged, [&] { check_body(RecordKind::entity, body); });
    EXPECT_NE(message.find("UTF-8"), std::string::npos) << message;
  }
  EXPECT_NE(error_of(ErrorCode::damaged, [] { check_body(RecordKind::edge, "\1\1\1\xff\0"s); })
                .find("UTF-8"),
            std::string::npos);
  check_body(RecordKind::key_value, "\xff\xff");
}

TEST(ValueCodec, EveryTruncationOfARandomBodyIsDamage) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  test_support::RandomGraphOptions options;
  options.huge_string_bytes = 100;
  RandomValues random(seed, options);
  for (int i = 0; i < 30; ++i) {
    std::string body;
    encode_entity_body(random.labels(), random.properties(), body);
    for (std::size_t size = 0; size < body.size(); ++size) {
      ASSERT_THROW(check_body(RecordKind::entity, body.substr(0, size)), Error) << size;
    }
  }
}

}  // namespace
}  // namespace manifolddb
