// XML that wants to read other files, to grow without end, or never to end.
#include <gtest/gtest.h>

#include <fstream>

#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/run_command.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

std::string xml_refusal(const std::string& text) {
  const test::TempDir folder;
  const auto inputs = write_inputs(folder, {{"g.xml", text}});
  const Error error = error_of([&] { migrate::import_graph(inputs, folder / "db"); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_FALSE(std::filesystem::exists(folder / "db"));
  return error.what();
}

TEST(HostileXml, RefusesEntitiesThatAreDeclared) {
  std::string bomb = "<!DOCTYPE graphml [\n<!ENTITY a \"aaaaaaaaaa\">\n";
  for (char c = 'b'; c <= 'k'; ++c) {
    bomb += std::string("<!ENTITY ") + c + " \"";
    for (int i = 0; i < 10; ++i) bomb += std::string("&") + static_cast<char>(c - 1) + ";";
    bomb += "\">\n";
  }
  bomb += "]>\n<graphml><graph><node id=\"&k;\"/></graph></graphml>";
  EXPECT_NE(xml_refusal(bomb).find("line 2 (byte 31): the file declares entities"),
            std::string::npos)
      << xml_refusal(bomb);
}

TEST(HostileXml, ReadsNoOtherFile) {
  const test::TempDir folder;
  test::write_file(folder / "secret", "secret");
  const std::string url = "file://" + (folder / "secret").string();
  EXPECT_NE(
      xml_refusal("<!DOCTYPE graphml [<!ENTITY x SYSTEM \"" + url +
                  "\">]><graphml><graph><node id=\"a\"><desc>&x;</desc></node></graph></graphml>")
          .find("the file declares entities"),
      std::string::npos);
  EXPECT_NE(xml_refusal("<!DOCTYPE graphml [<!ENTITY % x SYSTEM \"" + url +
                        "\">%x;]><graphml><graph/></graphml>")
                .find("the file declares entities"),
            std::string::npos);
  EXPECT_NE(
      xml_refusal("<!DOCTYPE graphml SYSTEM \"" + url +
                  "\"><graphml><graph><node id=\"a\"><desc>&x;</desc></node></graph></graphml>")
          .find("the entity x is declared elsewhere"),
      std::string::npos);
}

TEST(HostileXml, IgnoresADtdThatIsOnlyNamed) {
  const ImportedGraph graph = import_texts(
      {{"g.xml",
        "<!DOCTYPE graphml SYSTEM \"http://graphml.graphdrawing.org/dtds/graphml.dtd\">"
        "<graphml><graph><node id=\"a\"/></graph></graphml>"}});
  EXPECT_EQ(graph.entities.size(), 1u);
}

TEST(HostileXml, RefusesElementsThatLieTooDeep) {
  std::string deep = "<graphml>";
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_NE(xml_refusal(deep).find("(byte 774): elements lie deeper than 256"), std::string::npos)
      << xml_refusal(deep);
}

// More of it than it may take of memory.
TEST(HostileXml, TakesUnder64MiBMoreThanAnEmptyRunWhateverDoesNotEnd) {
#if defined(__SANITIZE_ADDRESS__)
  constexpr std::size_t kMoreMax = 256u << 20;  // it keeps what was freed
#else
  constexpr std::size_t kMoreMax = 64u << 20;
#endif
  const test::TempDir folder;
  const auto run = [&](const std::string& start, const std::string& filler, std::size_t bytes) {
    // Not in the memory of this process, which a child begins with.
    std::ofstream out(folder / "in.xml", std::ios::binary);
    out << start;
    for (std::size_t written = 0; written < bytes; written += filler.size()) out << filler;
    out.close();
    test::CommandOptions options;
    options.stdin_file = folder / "in.xml";
    return test::run_command({MANIFOLD_COMMAND, "import", (folder / "db").string(), "-"}, options);
  };
  const auto base = run("<graphml><graph/></graphml>", " ", 100);
  ASSERT_EQ(base.exit_code, 0) << base.err;
  std::filesystem::remove_all(folder / "db");
  std::vector<std::pair<std::string, std::string>> endless{
      {"<graphml><graph><node id=\"", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"<graphml><!-- ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"<graphml><graph><node id='a'><data key='x'>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"<graphml><graph><node id='a'>", "<data key='x'>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</data>"},
  };
  std::string labels = "<data key='labels'>";
  for (int i = 0; i < 100'000; ++i) labels += ":a";
  endless.emplace_back(
      "<graphml><key id='labels' for='node' attr.name='labels' attr.type='string'/><graph>"
      "<node id='a'>",
      labels + "</data>");
  const std::string id = "'" + std::string(200'000, 'a') + "'";
  endless.emplace_back("<graphml><graph>", "<node id=" + id + "><graph>");
  endless.emplace_back("<gexf><graph><nodes>", "<node id=" + id + "><nodes>");
  for (const auto& [start, filler] : endless) {
    SCOPED_TRACE(start);
    const auto result = run(start, filler, 100u << 20);
    EXPECT_EQ(result.exit_code, 5) << result.err;
    EXPECT_NE(result.err.find("line 1 (byte "), std::string::npos) << result.err;
    EXPECT_LT(result.peak_memory_bytes, base.peak_memory_bytes + kMoreMax);
    EXPECT_FALSE(std::filesystem::exists(folder / "db"));
  }
}

}  // namespace
}  // namespace manifolddb::test_support
