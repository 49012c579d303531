// Folders of Kuzu that are cut short, changed, or made to harm: what is wrong is named with file,
// line and byte, and nothing outside the folder is read.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "support/error_of.h"
#include "support/kuzu_folder.h"

namespace manifolddb::test_support {
namespace {

std::string kuzu_refusal_of(const KuzuFiles& files) {
  return test::error_of([&] { import_kuzu_files(files); }).what();
}

std::string kuzu_refusal_with(const std::string& file, const std::string& text) {
  KuzuFiles files = small_kuzu_export();
  files[file] = text;
  return kuzu_refusal_of(files);
}

void expect_kuzu_error(const std::string& part, const std::string& whole) {
  EXPECT_NE(whole.find(part), std::string::npos) << whole;
}

TEST(BrokenKuzuExport, RefusesWhatIsNoValueOfItsType) {
  const auto refused_field = [](const std::string& type, const std::string& field) {
    return std::string(test::error_of([&] { read_kuzu_field(type, field); }).what());
  };
  expect_kuzu_error("T.csv: line 1 (byte 0): property \"v\": \"300\" is outside the range",
                    refused_field("UINT8", "300"));
  expect_kuzu_error("is no whole number", refused_field("INT128", "1x"));
  expect_kuzu_error("does not stand between [ and ]", refused_field("INT64[]", "7"));
  expect_kuzu_error("is no whole number", refused_field("INT64[]", "\"[1,x]\""));
  expect_kuzu_error("is no element of a vector", refused_field("FLOAT[2]", "\"[1,x]\""));
  expect_kuzu_error("is no interval", refused_field("INTERVAL", "3 fortnights"));
  expect_kuzu_error("is no interval", refused_field("INTERVAL", "1 day 2"));
  expect_kuzu_error("is no interval", refused_field("INTERVAL", "1 day 2 days"));
  expect_kuzu_error("is no interval", refused_field("INTERVAL", "99999999999999999999 days"));
  expect_kuzu_error("is no interval", refused_field("INTERVAL", "9223372036854775807 years"));
  expect_kuzu_error("is no interval", refused_field("INTERVAL", "9999999999999999:00:00"));
  expect_kuzu_error("is no BLOB", refused_field("BLOB", "a\\y"));
  expect_kuzu_error("is no BLOB", refused_field("BLOB", "\\xA"));
  expect_kuzu_error("is no UUID", refused_field("UUID", "a0eebc99"));
  expect_kuzu_error("is no DECIMAL", refused_field("DECIMAL(10, 2)", "1.2.3"));
  expect_kuzu_error("line 1 (byte 0): property \"v\": \"x\" is no whole",
                    refused_field("INT64[]", "[x]"));
  expect_kuzu_error("is of none of the types of its UNION",
                    refused_field("UNION(a INT64, b DATE)", "x"));
  expect_kuzu_error("is no value of its column's type",
                    refused_field("TIMESTAMP", "12020-01-02 03:04:05"));
}

TEST(BrokenKuzuExport, RefusesRowsWithLineAndByte) {
  expect_kuzu_error("P.csv: line 2 (byte 4): the row has 1 fields, its table 2",
                    kuzu_refusal_with("P.csv", "a,1\nb\n"));
  expect_kuzu_error("P.csv: line 2 (byte 4): the row has no line end",
                    kuzu_refusal_with("P.csv", "a,1\nb,2"));
  expect_kuzu_error("P.csv: line 2 (byte 4): node \"a\" of id space \"P\" is there twice",
                    kuzu_refusal_with("P.csv", "a,1\na,2\n"));
  expect_kuzu_error("P.csv: line 1 (byte 0): the key of the node is null",
                    kuzu_refusal_with("P.csv", ",1\n"));
  expect_kuzu_error("E_P_P.csv: line 1 (byte 0): the edge ends at node \"x\" of id space \"P\"",
                    kuzu_refusal_with("E_P_P.csv", "a,x,\n"));
  expect_kuzu_error("E_P_P.csv: line 1 (byte 0): the edge has no key",
                    kuzu_refusal_with("E_P_P.csv", "a,,\n"));
}

TEST(BrokenKuzuExport, DanglingEndsAreSkippedOrCreatedWhereThatIsAskedFor) {
  KuzuFiles files = small_kuzu_export();
  files["E_P_P.csv"] += "a,x,\n";
  migrate::ImportOptions options;
  options.on_dangling = migrate::OnDangling::skip;
  const ImportedGraph skipped = import_kuzu_files(files, options);
  EXPECT_EQ(skipped.edges.size(), 1u);
  EXPECT_EQ(skipped.report.refusal_count, 1u);
  options.on_dangling = migrate::OnDangling::create;
  EXPECT_EQ(import_kuzu_files(files, options).entities.size(), 3u);
}

TEST(BrokenKuzuExport, RefusesSchemasThatItCannotRead) {
  const auto refused_schema = [](const std::string& text) {
    return kuzu_refusal_with("schema.cypher", text);
  };
  expect_kuzu_error(
      "schema.cypher: line 3 (byte 58): here NODE was expected",
      refused_schema("CREATE NODE TABLE P (k STRING, PRIMARY KEY(k));\n\n  CREATE USER x;"));
  expect_kuzu_error("here a type of Kuzu was expected",
                    refused_schema("CREATE NODE TABLE P (k MONEY, PRIMARY KEY(k));"));
  expect_kuzu_error("has no PRIMARY KEY", refused_schema("CREATE NODE TABLE P (k STRING);"));
  expect_kuzu_error("is no column of its table",
                    refused_schema("CREATE NODE TABLE P (k STRING, PRIMARY KEY(x));"));
  expect_kuzu_error("the table \"P\" is there twice",
                    refused_schema("CREATE NODE TABLE P (k STRING, PRIMARY KEY(k));"
                                   "CREATE NODE TABLE P (k STRING, PRIMARY KEY(k));"));
  expect_kuzu_error("the column \"k\" is there twice",
                    refused_schema("CREATE NODE TABLE P (k STRING, k INT64, PRIMARY KEY(k));"));
  expect_kuzu_error("the table \"E\" joins two tables twice",
                    refused_schema("CREATE REL TABLE E (FROM P TO P, FROM P TO P);"));
  std::string deep = "CREATE NODE TABLE P (k INT64";
  for (int i = 0; i < 100'000; ++i) deep += "[]";
  expect_kuzu_error("no type nested deeper", refused_schema(deep + ");"));
  deep = "CREATE NODE TABLE P (k ";
  for (int i = 0; i < 100'000; ++i) deep += "STRUCT(a ";
  expect_kuzu_error("inside of a statement that begins here", refused_schema(deep));
  expect_kuzu_error("no type nested deeper", refused_schema(deep + ";"));
}

TEST(BrokenKuzuExport, RefusesCopiesThatDoNotFitTheSchema) {
  const auto refused_copy = [](const std::string& text) {
    return kuzu_refusal_with("copy.cypher", text);
  };
  const std::string nodes = "COPY P (k,n) FROM \"P.csv\";";
  expect_kuzu_error("copy.cypher: line 1 (byte 0): schema.cypher has no table \"Q\"",
                    refused_copy("COPY Q FROM \"Q.csv\";"));
  expect_kuzu_error("the file \"Q.csv\" is not in the folder",
                    refused_copy("COPY P FROM \"Q.csv\";"));
  expect_kuzu_error("has no column \"x\"", refused_copy("COPY P (k,x) FROM \"P.csv\";"));
  expect_kuzu_error("without its key", refused_copy("COPY P (n) FROM \"P.csv\";"));
  expect_kuzu_error("it has 0 files for the table \"E\", which should have 1", refused_copy(nodes));
  expect_kuzu_error("has no edges from \"P\" to \"Q\"",
                    refused_copy(nodes + "COPY E FROM \"E_P_P.csv\" (from='P', to='Q');"));
  expect_kuzu_error("an option that says how a file is written",
                    refused_copy("COPY P (k,n) FROM \"P.csv\" (skip=3);"));
  expect_kuzu_error("only two quotes are read",
                    refused_copy("COPY P FROM \"P.csv\" (escape='\\\\');"));
  expect_kuzu_error("the tables are in Parquet", refused_copy("COPY P FROM \"P.parquet\" ();"));
  expect_kuzu_error("the file is there twice", refused_copy(nodes + "COPY E FROM \"P.csv\";"));
}

TEST(BrokenKuzuExport, RefusesSecondCopies) {
  const auto refused_copy = [](const std::string& text) {
    return kuzu_refusal_with("copy.cypher", text);
  };
  const std::string nodes = "COPY P (k,n) FROM \"P.csv\";";
  // At once, however many follow.
  expect_kuzu_error("copy.cypher: line 1 (byte 26): the file is there twice",
                    refused_copy(nodes + nodes + "COPY Q FROM 'x';"));
  expect_kuzu_error("the column \"k\" is there twice",
                    refused_copy("COPY P (k,k) FROM \"P.csv\";"));
  KuzuFiles files = small_kuzu_export();
  files["schema.cypher"] =
      "CREATE NODE TABLE P (k STRING, n INT64, PRIMARY KEY(k));"
      "CREATE NODE TABLE Q (k STRING, PRIMARY KEY(k));"
      "CREATE REL TABLE E (FROM P TO P, FROM P TO Q, w DOUBLE);";
  files["Q.csv"] = "q\n";
  files["more.csv"] = "a,a,2.0\n";
  files["copy.cypher"] =
      "COPY P FROM 'P.csv'; COPY Q FROM 'Q.csv'; COPY E FROM 'E_P_P.csv' (from='P', to='P');"
      "COPY E FROM 'more.csv' (from='P', to='P');";
  expect_kuzu_error("the table \"E\" has a file already from \"P\" to \"P\"",
                    kuzu_refusal_of(files));
}

TEST(BrokenKuzuExport, RefusesMoreTablesAndColumnsThanItHasRoomFor) {
  std::string tables, columns, joins;
  for (int i = 0; i <= 100'000; ++i) {
    const std::string name = "t" + std::to_string(i);
    if (i <= 10'000) tables += "CREATE NODE TABLE " + name + "(k INT64, PRIMARY KEY(k));";
    columns += name + " INT64,";
    joins += "FROM P TO " + name + ",";
  }
  expect_kuzu_error("there are more than 10 000 tables",
                    kuzu_refusal_with("schema.cypher", tables));
  const Error error = test::error_of([&] {
    KuzuFiles files = small_kuzu_export();
    files["schema.cypher"] = "CREATE NODE TABLE P (" + columns + "PRIMARY KEY(t1));";
    import_kuzu_files(files);
  });
  expect_kuzu_error("line 1 (byte 0): the tables have more than 100 000 columns", error.what());
  EXPECT_EQ(error.next(), "export fewer tables at once");
  expect_kuzu_error(
      "more than 100 000 columns",
      kuzu_refusal_with("schema.cypher", "CREATE REL TABLE E (" + joins + "MANY_MANY);"));
  std::string members = "CREATE NODE TABLE P (k STRUCT(a INT64";
  for (int i = 0; i < 10'000; ++i) members += ",m" + std::to_string(i) + " INT64";
  expect_kuzu_error("no type of more than 10000 parts",
                    kuzu_refusal_with("schema.cypher", members + "));"));
}

TEST(BrokenKuzuExport, ASymbolicLinkIsRefusedAndNotFollowed) {
  const test::TempDir folder;
  const test::TempDir elsewhere;
  KuzuFiles files = small_kuzu_export();
  test::write_file(elsewhere / "secret", files.at("P.csv"));
  files.erase("P.csv");
  for (const auto& [name, text] : files) test::write_file(folder / name, text);
  std::filesystem::create_symlink(elsewhere / "secret", folder / "P.csv");
  const Error error = test::error_of([&] { import_kuzu_folder(folder / "."); });
  expect_kuzu_error("P.csv' is a symbolic link, and not followed", error.what());
  expect_kuzu_error("put the file itself into the folder", error.next());
}

TEST(BrokenKuzuExport, OfTwoFilesOfOneNameNoneIsLeftOut) {
  const test::TempDir folder;
  migrate::Input input;
  for (const auto& [name, text] : small_kuzu_export()) test::write_file(folder / name, text);
  std::filesystem::create_directory(folder / "other");
  test::write_file(folder / "other/P.csv", "z,1\n");
  for (const char* name : {"schema.cypher", "copy.cypher", "E_P_P.csv", "P.csv", "other/P.csv"}) {
    input.files.push_back(folder / name);
  }
  const Error error = test::error_of([&] { import_inputs({input}); });
  expect_kuzu_error("two files have the name \"P.csv\"", error.what());
}

TEST(BrokenKuzuExport, QuotesThatAreLettersByAnEscapeOrLineEndsAreRefused) {
  for (const char* quote : {"\\n", "\\r", "\\a", "\n"}) {
    const std::string options = std::string("(quote='") + quote + "', escape='" + quote + "');";
    expect_kuzu_error("one character in quotes",
                      kuzu_refusal_with("copy.cypher", "COPY P FROM \"P.csv\" " + options));
  }
}

TEST(BrokenKuzuExport, NothingOutsideTheFolderIsRead) {
  KuzuFiles files = small_kuzu_export();
  files["copy.cypher"] = "COPY P FROM \"../../../../etc/passwd\";";
  expect_kuzu_error("the file \"passwd\" is not in the folder", kuzu_refusal_of(files));
}

TEST(BrokenKuzuExport, AFolderWithoutSchemaOrDataIsNamed) {
  KuzuFiles files = small_kuzu_export();
  files.erase("copy.cypher");
  expect_kuzu_error("there is no copy.cypher beside", kuzu_refusal_of(files));
  files.erase("schema.cypher");
  const Error error = test::error_of([&] { import_kuzu_files(files); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  expect_kuzu_error("is a folder", error.what());
}

// Whether it was imported; never anything but an Error that names a file otherwise.
bool import_kuzu_or_explain(const std::filesystem::path& folder) {
  migrate::ImportOptions options;
  options.dry_run = true;
  options.format = "kuzu";
  migrate::Input input;
  input.files = {folder};
  try {
    return migrate::import_graph({input}, folder / "db", options).refusal_count == 0;
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::damaged || error.code() == ErrorCode::usage)
        << error.what();
    EXPECT_NE(std::string(error.what()).find(folder.string()), std::string::npos) << error.what();
    EXPECT_FALSE(error.safe().empty());
    return false;
  }
}

TEST(BrokenKuzuExport, EveryBeginningOfEachFileIsRefusedOrEndsWithARow) {
  const KuzuFiles files = small_kuzu_export();
  const test::TempDir folder;
  for (const auto& [name, text] : files) test::write_file(folder / name, text);
  ASSERT_TRUE(import_kuzu_or_explain(folder / "."));
  for (const auto& [name, text] : files) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      SCOPED_TRACE(name + ", " + std::to_string(size) + " bytes");
      test::write_file(folder / name, text.substr(0, size));
      const bool ends_with_row = name == "E_P_P.csv" && size == 0;
      // Only the last line end of statements may be missing.
      const bool is_whole = name.ends_with(".cypher") && size + 1 == text.size();
      EXPECT_EQ(import_kuzu_or_explain(folder / "."), ends_with_row || is_whole);
    }
    test::write_file(folder / name, text);
  }
}

TEST(BrokenKuzuExport, ChangedBytesNeverKill) {
  const std::uint64_t seed = std::random_device()();
  std::printf("seed: %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kBytes = "{}[]()`'\":=,;\\0123456789-. \n\r\tabMAP\x01\x80\xc3\xff";
  const test::TempDir folder;
  KuzuFiles files;
  for (const auto& entry : std::filesystem::directory_iterator(real_kuzu_export("types"))) {
    files[entry.path().filename().string()] = test::read_file(entry.path());
  }
  for (const auto& [name, text] : files) test::write_file(folder / name, text);
  for (int i = 0; i < 600; ++i) {
    auto file = files.begin();
    std::advance(file, static_cast<std::ptrdiff_t>(random() % files.size()));
    std::string text = file->second;
    for (std::uint64_t changes = 1 + random() % 3; changes != 0 && !text.empty(); --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = kBytes[random() % kBytes.size()];
      } else {
        text.erase(at, 1 + random() % 4);
      }
    }
    SCOPED_TRACE(file->first + ": " + text);
    test::write_file(folder / file->first, text);
    import_kuzu_or_explain(folder / ".");
    test::write_file(folder / file->first, file->second);
  }
}

}  // namespace
}  // namespace manifolddb::test_support
