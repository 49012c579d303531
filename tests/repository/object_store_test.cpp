// What a repository is built on: an object is there whole or not at all, and nothing is replaced.
#include "repository/object_store.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "repository/object_names.h"
#include "support/error_of.h"
#include "support/list_files.h"
#include "support/temp_dir.h"

namespace manifolddb::repository {
namespace {

using test::error_of;
using test::TempDir;

TEST(ObjectStore, GivesBackWhatWasPut) {
  const TempDir folder;
  const ObjectStore store(folder / "repo");
  store.put("backups/a/data.jsonl", "bytes");
  EXPECT_TRUE(store.exists("backups/a/data.jsonl"));
  EXPECT_EQ(store.read_small("backups/a/data.jsonl", 5), "bytes");
  const auto source = store.get("backups/a/data.jsonl");
  char buffer[16];
  EXPECT_EQ(read_fully(*source, buffer, sizeof buffer), 5u);
}

TEST(ObjectStore, IsMadeAlsoWhereItsPathEndsWithASlash) {
  const TempDir folder;
  const ObjectStore store(folder.path().string() + "/repo//");
  store.put("backups/a/data.jsonl", "bytes");
  EXPECT_TRUE(std::filesystem::exists(folder / "repo/backups/a/data.jsonl"));
  EXPECT_EQ(error_of([] { ObjectStore{""}; }).code(), ErrorCode::invalid_argument);
}

TEST(ObjectStore, NeverReplacesAnObject) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  store.put("a", "first");
  EXPECT_EQ(error_of([&] { store.put("a", "second"); }).code(), ErrorCode::would_overwrite);
  EXPECT_EQ(store.read_small("a", 10), "first");
}

TEST(ObjectStore, ReplacesAnObjectOnlyWhenAsked) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  store.replace("log/a/complete.json", "first");
  const auto opened = store.get("log/a/complete.json");
  store.replace("log/a/complete.json", "second");
  EXPECT_EQ(store.read_small("log/a/complete.json", 10), "second");
  char buffer[16];
  EXPECT_EQ(std::string_view(buffer, read_fully(*opened, buffer, sizeof buffer)), "first");
  EXPECT_EQ(store.list("log/a").size(), 1u);  // nothing temporary is left
}

TEST(ObjectStore, ShowsNothingOfAnObjectWhoseWriterFails) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  const auto fail = [](ByteSink& sink) {
    sink.write("half");
    throw Error(ErrorCode::interrupted, "stop");
  };
  EXPECT_EQ(error_of([&] { store.put("a", fail); }).code(), ErrorCode::interrupted);
  EXPECT_TRUE(store.list_root().empty());
}

TEST(ObjectStore, ShowsNothingUnderTheNameBeforeItIsWhole) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  store.put("x/a", [&](ByteSink& sink) {
    sink.write("bytes");
    EXPECT_FALSE(store.exists("x/a"));
    const auto entries = store.list("x");
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_TRUE(is_temporary_name(entries[0].name)) << entries[0].name;
  });
  EXPECT_TRUE(store.exists("x/a"));
}

TEST(ObjectStore, ListsNamesInOrderWithSizes) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  store.put("b", "12");
  store.put("a/c", "");
  const auto entries = store.list_root();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_TRUE(entries[0].folder);
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_EQ(entries[1].size, 2u);
  EXPECT_TRUE(store.list("missing").empty());
}

TEST(ObjectStore, RemovesOnceAndTakesTwiceWell) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  store.put("a/b", "x");
  EXPECT_EQ(error_of([&] { store.remove_folder("a"); }).code(), ErrorCode::failed);
  store.remove("a/b");
  store.remove("a/b");
  store.remove_folder("a");
  store.remove_folder("a");
  EXPECT_FALSE(store.exists("a"));
}

TEST(ObjectStore, RefusesToReadMoreThanTheLimit) {
  const TempDir folder;
  const ObjectStore store(folder.path());
  store.put("a", "123456");
  EXPECT_EQ(error_of([&] { store.read_small("a", 5); }).code(), ErrorCode::damaged);
  EXPECT_EQ(error_of([&] { store.read_small("b", 5); }).code(), ErrorCode::not_found);
}

TEST(ObjectStore, RefusesNamesThatLeadOutOfIt) {
  const TempDir folder;
  const ObjectStore store(folder / "repo");
  for (const char* name : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "."}) {
    EXPECT_EQ(error_of([&] { store.put(name, "x"); }).code(), ErrorCode::invalid_argument) << name;
  }
}

TEST(ObjectNames, TellsTemporaryNamesFromOthers) {
  EXPECT_TRUE(is_temporary_name(".data.jsonl.zst.0123456789abcdef.tmp"));
  for (const char* name : {"data.jsonl", ".hidden", ".x.tmp", ".a.0123456789abcdeg.tmp",
                           "a.0123456789abcdef.tmp", ".0123456789abcdef.tmp", ""}) {
    EXPECT_FALSE(is_temporary_name(name)) << name;
  }
}

TEST(ObjectNames, OfSegmentsAscendAsNumbersDo) {
  const std::string name = format_segment_name({7, 123, false});
  EXPECT_EQ(name, "00000000000000000007-00000000000000000123.jsonl.zst");
  EXPECT_LT(name, format_segment_name({10, 11, false}));
  EXPECT_EQ(segment_object("h", 5, 5, true),
            "log/h/00000000000000000005-00000000000000000005.bulk.jsonl.zst");
  const std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  for (const SegmentName& segment :
       {SegmentName{1, 1, false}, SegmentName{1, max, true}, SegmentName{99, 100, false}}) {
    EXPECT_EQ(parse_segment_name(format_segment_name(segment)), segment);
  }
}

TEST(ObjectNames, TellsSegmentsFromOthers) {
  const std::string one = std::string(19, '0') + "1";
  const std::string two = std::string(19, '0') + "2";
  ASSERT_TRUE(parse_segment_name(one + "-" + two + ".jsonl.zst"));
  for (const std::string& name :
       {std::string(), std::string("complete.json"), one, one + "-" + two,
        one + "_" + two + ".jsonl.zst", two + "-" + one + ".jsonl.zst",
        std::string(20, '0') + "-" + two + ".jsonl.zst", one + "-" + two + ".jsonl",
        one + "-" + two + ".jsonl.zst.old", "x" + one + "-" + two + ".jsonl.zst",
        one.substr(1) + "-" + two + ".jsonl.zst", "+" + one.substr(1) + "-" + two + ".jsonl.zst",
        std::string(20, '9') + "-" + std::string(20, '9') + ".jsonl.zst"}) {
    EXPECT_FALSE(parse_segment_name(name)) << name;
  }
}

}  // namespace
}  // namespace manifolddb::repository
