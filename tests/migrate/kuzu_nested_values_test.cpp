// Kuzu writes lists, structs and maps without quotes. What they hold is read by their types, and
// wherever it may have been something else that is counted, or the whole is kept as its text: no
// value is wrong without a word.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "migrate/kuzu_value.h"
#include "support/error_of.h"
#include "support/kuzu_folder.h"

namespace manifolddb::test_support {
namespace {

constexpr const char* kDividedAsItStands =
    "texts in a list, struct or map are divided as they stand: Kuzu writes them without quotes";
constexpr const char* kWholeIsText =
    "a list, struct or map that cannot be read as its type is kept as text";

struct NestedField {
  Value value;
  migrate::ImportReport report;

  std::uint64_t count_of(const std::string& kind) const {
    for (const migrate::Conversion& conversion : report.conversions) {
      if (conversion.kind == kind) return conversion.count;
    }
    return 0;
  }
  bool is_uncertain() const { return count_of(kDividedAsItStands) + count_of(kWholeIsText) != 0; }
};

// `text` as it stands within the quotes of its field.
NestedField read_nested(const std::string& type, const std::string& text) {
  NestedField field;
  field.value = read_kuzu_field(type, "\"" + text + "\"", &field.report);
  return field;
}

std::string nested_refusal_of(const std::string& type, const std::string& text) {
  return test::error_of([&] { read_nested(type, text); }).what();
}

TEST(KuzuNestedValues, BracketsInTextsAreCountedWhereBracketsDivide) {
  // As one struct with the text "{},{y: }", which two structs with "{" and "}" write, too.
  const NestedField structs = read_nested("STRUCT(y STRING)[]", "[{y: {},{y: }}]");
  EXPECT_TRUE(structs.value == Value(List{Map{{"y", "{},{y: }"}}}));
  EXPECT_TRUE(structs.is_uncertain());
  EXPECT_TRUE(read_nested("STRING[][]", "[[a[]]").is_uncertain());
  EXPECT_TRUE(read_nested("MAP(STRING, INT64[])", "{a[b=[1]}").is_uncertain());
  EXPECT_TRUE(read_nested("STRUCT(a STRING[], b INT64)", "{a: [x]], b: 1}").is_uncertain());
}

TEST(KuzuNestedValues, TextsThatCannotHaveBeenDividedOtherwiseAreNotCounted) {
  const NestedField plain = read_nested("STRUCT(a INT64, b STRING)", "{a: 1, b: x, [y]=z: {}}");
  EXPECT_TRUE(plain.value == Value(Map{{"a", 1}, {"b", "x, [y]=z: {}"}}));
  EXPECT_FALSE(plain.is_uncertain());
  EXPECT_FALSE(read_nested("STRING[]", "[a[b: =}]").is_uncertain());
  EXPECT_FALSE(read_nested("MAP(INT64, STRING)", "{1=a=b}").is_uncertain());
}

TEST(KuzuNestedValues, AMarkOfAnyMemberInATextIsCounted) {
  // Also written by {a: "x", b: "y, c: z", c: "1, b: w"}, and others.
  EXPECT_TRUE(read_nested("STRUCT(a STRING, b STRING, c STRING)", "{a: x, b: y, c: z, c: 1, b: w}")
                  .is_uncertain());
  EXPECT_TRUE(read_nested("STRUCT(a STRING, b STRING, c STRING)", "{a: x, b: y, c: z, b: w}")
                  .is_uncertain());
}

TEST(KuzuNestedValues, AnEqualsSignInAMapsTextsIsCounted) {
  const NestedField map = read_nested("MAP(STRING, STRING)", "{a=b=c}");
  EXPECT_TRUE(map.value == Value(Map{{"a", "b=c"}}));
  EXPECT_TRUE(map.is_uncertain());
}

// Counts what is said, and what of it is said of texts that were divided.
class CountingSink final : public migrate::GraphSink {
 public:
  std::uint32_t id_space(std::string_view) override { return 0; }
  void node(const migrate::SourceNode&) override {}
  void edge(const migrate::SourceEdge&) override {}
  void metadata(const migrate::Place&, std::string_view, std::string_view) override {}
  void counters(std::uint64_t, std::uint64_t) override {}
  void nodes_end() override {}
  void convert(std::string_view kind, const migrate::Place&) override {
    ++said;
    if (kind == kDividedAsItStands || kind == kWholeIsText) ++divided;
  }
  void refuse(const migrate::Place&, const std::string&) override {}

  int said = 0;
  int divided = 0;
};

bool holds_empty(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return text->empty();
  if (const auto* list = value.get_if<List>()) {
    return list->empty() || std::any_of(list->begin(), list->end(), holds_empty);
  }
  const Map& map = *value.get_if<Map>();
  return std::any_of(map.begin(), map.end(), [](const auto& member) {
    return member.first.empty() || holds_empty(member.second);
  });
}

std::string written_by_kuzu(const Value& value) {
  const auto* list = value.get_if<List>();
  const auto* map = value.get_if<Map>();
  if (list == nullptr && map == nullptr) return *value.get_if<std::string>();
  std::string text;
  if (list != nullptr) {
    for (const Value& item : *list) {
      text.append(&item == list->data() ? "" : ",") += written_by_kuzu(item);
    }
    return "[" + text + "]";
  }
  for (const auto& [name, item] : *map) {
    text.append(text.empty() ? "" : ", ") += name + ": " + written_by_kuzu(item);
  }
  return "{" + text + "}";
}

// Maps are written as structs are, but for their sign.
std::string written_as_map(const Map& map) {
  std::string text;
  for (const auto& [name, item] : map) {
    text.append(text.empty() ? "" : ", ") += name + "=" + written_by_kuzu(item);
  }
  return "{" + text + "}";
}

std::string bytes_of_list(const migrate::PropertyList& properties) {
  std::string bytes;
  properties.encode(bytes);
  return bytes;
}

// Whether it is read as what it was, or said to be divided; of what is empty something else may be
// said.
void expect_no_quiet_change(const std::string& type, const Value& value, const std::string& text) {
  migrate::CypherCursor cursor;
  cursor.reset(type);
  migrate::PropertyList read, expected;
  CountingSink sink;
  migrate::add_kuzu_value("v", text, migrate::parse_kuzu_type(cursor), sink, {}, read);
  expected.add("v", value);
  const bool is_told = holds_empty(value) ? sink.said != 0 : sink.divided != 0;
  EXPECT_TRUE(is_told || bytes_of_list(read) == bytes_of_list(expected)) << type << " " << text;
}

TEST(KuzuNestedValues, NoTextsAreReadWronglyWithoutAWord) {
  const std::uint64_t seed = std::random_device()();
  std::printf("seed: %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const auto text = [&random] {
    constexpr std::array<std::string_view, 13> kPieces{
        "[", "]", "{", "}", ",", ": ", "=", ", ", "x", ", y: ", "},{y: ", "],[", ", z="};
    std::string made;
    for (std::uint64_t size = random() % 5; size != 0; --size) {
      made += kPieces[random() % kPieces.size()];
    }
    return made;
  };
  const auto texts = [&] {
    List list;
    for (std::uint64_t size = random() % 3; size != 0; --size) list.emplace_back(text());
    return list;
  };
  for (int i = 0; i < 500 && !testing::Test::HasFailure(); ++i) {
    const auto expect = [](const std::string& type, const Value& value) {
      expect_no_quiet_change(type, value, written_by_kuzu(value));
    };
    expect("STRING[]", texts());
    expect("STRING[][]", List{texts()});
    expect("STRING[][]", List{texts(), texts()});
    expect("STRUCT(y STRING)[]", List{Map{{"y", text()}}});
    expect("STRUCT(y STRING)[]", List{Map{{"y", text()}}, Map{{"y", text()}}});
    expect("STRUCT(x STRING, y STRING, z STRING)",
           Map{{"x", text()}, {"y", text()}, {"z", text()}});
    expect("STRUCT(x STRING[], y STRING)[]", List{Map{{"x", texts()}, {"y", text()}}});
    expect("STRUCT(x STRUCT(x STRING, y STRING), y STRUCT(y STRING))",
           Map{{"x", Map{{"x", text()}, {"y", text()}}}, {"y", Map{{"y", text()}}}});
    const Map one{{text(), text()}};
    expect_no_quiet_change("MAP(STRING, STRING)", one, written_as_map(one));
    const Map plain{{text(), text()}, {text(), text()}};
    expect_no_quiet_change("MAP(STRING, STRING)", plain, written_as_map(plain));
    const Map nested{{text(), Map{{"y", text()}}}};
    expect_no_quiet_change("MAP(STRING, STRUCT(y STRING))", nested, written_as_map(nested));
  }
}

TEST(KuzuNestedValues, AUnionMayBeATextOrAList) {
  EXPECT_TRUE(read_nested("UNION(n INT64, t STRING)", "").value == Value(""));
  EXPECT_TRUE(read_nested("UNION(l INT64[], t STRING)[]", "[[1,2],x]").value ==
              Value(List{List{1, 2}, "x"}));
  EXPECT_TRUE(read_nested("UNION(n INT64, t STRING)[]", "[1,x, y]").is_uncertain());
  EXPECT_TRUE(read_nested("UNION(l INT64[], t STRING)[]", "[a[]").is_uncertain());
  EXPECT_EQ(read_nested("UNION(l INT64[], t STRING)", "[1,]").report.conversions.size(), 2u);
  // What was said of a type that it is not does not count.
  const NestedField field = read_nested("UNION(l STRUCT(a UUID[], b INT64), t STRING)",
                                        "{a: [a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11], b: x}");
  EXPECT_EQ(field.count_of("a UUID is kept as text"), 0u);
}

TEST(KuzuNestedValues, KeysOfMapsAreOfTheirType) {
  EXPECT_NE(nested_refusal_of("MAP(INT64, INT64)", "{x=1}").find("is no whole number"),
            std::string::npos);
  EXPECT_NE(nested_refusal_of("MAP(INT64, INT64)", "{=1}").find("is no whole number"),
            std::string::npos);
  EXPECT_NE(nested_refusal_of("MAP(INT64, INT64)", "{1=1, 1=2}").find("the key \"1\" twice"),
            std::string::npos);
}

TEST(KuzuNestedValues, NullsInVectorsAndListsAreKept) {
  const NestedField vector = read_nested("FLOAT[3]", "[1.5,,2]");
  EXPECT_TRUE(vector.value == Value(List{1.5, nullptr, 2.0}));
  EXPECT_EQ(vector.count_of("a vector with a null in it is kept as a list"), 1u);
  EXPECT_TRUE(read_nested("FLOAT[1]", "[]").value == Value(List{nullptr}));
  const NestedField empty = read_nested("INT64[]", "[]");
  EXPECT_TRUE(empty.value == Value(List{}));
  EXPECT_EQ(empty.count_of("an empty list may have held one null"), 1u);
}

TEST(KuzuNestedValues, EverythingThatHasToBeSaidOfOneValueIsCounted) {
  const NestedField field =
      read_nested("STRUCT(u UUID, d DECIMAL(10, 2), w UINT64)",
                  "{u: a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11, d: 1.50, w: 18446744073709551615}");
  EXPECT_EQ(field.count_of("a UUID is kept as text"), 1u);
  EXPECT_EQ(field.count_of("a DECIMAL is kept as text"), 1u);
  EXPECT_EQ(field.count_of("a whole number that does not fit 64 bits with a sign is kept as text"),
            1u);
}

TEST(KuzuNestedValues, MoreItemsThanAValueMayHaveAreRefused) {
  const auto ones = [](std::size_t count) {
    std::string text = "[1";
    for (std::size_t i = 1; i < count; ++i) text += ",1";
    return text + "]";
  };
  constexpr std::size_t kItems = std::size_t{1} << 20;
  EXPECT_EQ(read_nested("INT64[]", ones(kItems)).value.get_if<List>()->size(), kItems);
  for (const char* type : {"INT64[]", "UNION(l INT64[], t STRING)", "STRING[]"}) {
    const std::string refusal = nested_refusal_of(type, ones(kItems + 1));
    EXPECT_NE(refusal.find("T.csv: line 1 (byte 0): property \"v\": "
                           "the value has more than 1 048 576 items"),
              std::string::npos)
        << refusal;
  }
}

TEST(KuzuNestedValues, ItemsThatAreOfALaterTypeOfAUnionCountOnce) {
  constexpr std::size_t kItems = 400'000;
  std::string text = "[a";
  for (std::size_t i = 1; i < kItems; ++i) text += ",a";
  const NestedField field = read_nested("UNION(n INT64, d DOUBLE, t STRING)[]", text + "]");
  EXPECT_EQ(field.value.get_if<List>()->size(), kItems);
}

}  // namespace
}  // namespace manifolddb::test_support
