// The example is documentation that runs: these tests keep it right, on an archive of seven
// packages.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "archive_reader.h"
#include "package_graph.h"
#include "what_breaks.h"

namespace example {
namespace {

using manifolddb::Database;
using manifolddb::EntityId;

TEST(ArchiveReader, ReadsConstraintsAlternativesAndArchitectures) {
  const auto relations = parse_relations("libc6 (>= 2.34), python3:any | perl [amd64], (, x(<<2)");
  ASSERT_EQ(relations.size(), 4u);
  EXPECT_EQ(relations[0].package, "libc6");
  EXPECT_EQ(relations[0].constraint, ">=");
  EXPECT_EQ(relations[0].version, "2.34");
  EXPECT_EQ(relations[1].package, "python3");
  EXPECT_EQ(relations[1].clause, 2);
  EXPECT_EQ(relations[1].alternative, 1);
  EXPECT_EQ(relations[2].package, "perl");
  EXPECT_EQ(relations[2].clause, 2);
  EXPECT_EQ(relations[2].alternative, 2);
  EXPECT_EQ(relations[3].package, "x");
  EXPECT_EQ(relations[3].constraint, "<<");
  EXPECT_EQ(relations[3].version, "2");
}

TEST(ArchiveReader, ReadsParagraphsWithFieldsOverSeveralLines) {
  std::istringstream in("\nPackage: a\nTag: x,\n y\nSize: 12\nInstalled-Size: 3\n\n\nPackage: b\n");
  Package package;
  ASSERT_TRUE(read_package(in, package));
  EXPECT_EQ(package.name, "a");
  EXPECT_EQ(package.package_bytes, 12);
  EXPECT_EQ(package.installed_bytes, 3 * 1024);
  ASSERT_TRUE(read_package(in, package));
  EXPECT_EQ(package.name, "b");
  EXPECT_EQ(package.package_bytes, 0);
  EXPECT_FALSE(read_package(in, package));
}

class PackageGraph : public ::testing::Test {
 protected:
  PackageGraph() : database_(Database::in_memory()) {
    std::ifstream archive(TINY_ARCHIVE);
    summary_ = store_archive(database_, archive);
  }

  std::vector<std::string> names(const std::vector<EntityId>& ids) const {
    const auto graph = database_.begin_read();
    std::vector<std::string> names;
    for (const EntityId id : ids) names.push_back(name_of(graph, id));
    std::sort(names.begin(), names.end());
    return names;
  }

  Breakage without(const std::string& package) const {
    const auto graph = database_.begin_read();
    return what_breaks(graph, find_package(graph, package).value());
  }

  Database database_;
  GraphSummary summary_;
};

using Names = std::vector<std::string>;

TEST_F(PackageGraph, HasEveryPackageNameSectionAndRelation) {
  EXPECT_EQ(summary_.packages, 7u);
  EXPECT_EQ(summary_.virtual_packages, 5u);  // engine, hover-pads, radio, rickshaw, meter
  EXPECT_EQ(summary_.sections, 3u);
  EXPECT_EQ(summary_.relations, 17u);
  EXPECT_EQ(summary_.relations_by_type.at("DEPENDS"), 7u);
  const auto counts = database_.begin_read().counts();
  EXPECT_EQ(counts.entity_count, 15u);
  EXPECT_EQ(counts.edge_count, 24u);
}

TEST_F(PackageGraph, KeepsWhatTheArchiveSaysOfAPackage) {
  const auto graph = database_.begin_read();
  const auto car = graph.get_entity(find_package(graph, "car").value());
  EXPECT_EQ(car->properties.at("version"), manifolddb::Value("2:1.0~rc1"));
  EXPECT_EQ(car->properties.at("description"), manifolddb::Value("car: \"drives\" you home"));
  EXPECT_EQ(car->properties.at("installed_bytes"), manifolddb::Value(900 * 1024));
}

TEST_F(PackageGraph, FollowsDependenciesBackwards) {
  const Breakage breakage = without("car");
  EXPECT_EQ(names(breakage.direct), (Names{"racing-team", "taxi"}));
  EXPECT_TRUE(breakage.transitive.empty());
}

TEST_F(PackageGraph, FindsTransitiveDependants) {
  const Breakage breakage = without("libengine1");
  EXPECT_EQ(names(breakage.direct), (Names{"car"}));
  EXPECT_EQ(names(breakage.transitive), (Names{"racing-team", "taxi"}));
}

TEST_F(PackageGraph, KeepsWhatAnotherProviderOfTheNameSatisfies) {
  EXPECT_TRUE(without("libengine-compat").direct.empty());
}

TEST_F(PackageGraph, LosesANameWithItsLastProvider) {
  auto transaction = database_.begin();
  const auto compat = find_package(transaction, "libengine-compat").value();
  transaction.delete_entity(compat);
  transaction.commit();
  const Breakage breakage = without("libengine1");
  EXPECT_EQ(names(breakage.direct), (Names{"car", "taxi", "tractor"}));
  EXPECT_EQ(names(breakage.transitive), (Names{"racing-team"}));
}

TEST(DebianArchive, RunsItsTourOnATinyArchive) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "manifold-tour-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string command = std::string(DEBIAN_ARCHIVE) + " --input " + TINY_ARCHIVE +
                              " --library libengine1 --section games --command " +
                              MANIFOLD_COMMAND + " " + directory + " 2>&1";
  std::string output;
  FILE* const pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
  }
  EXPECT_EQ(::pclose(pipe), 0) << output;
  EXPECT_NE(output.find("1 packages need it themselves, 2 more through others"), std::string::npos)
      << output;
  EXPECT_NE(output.find("restore: refused"), std::string::npos) << output;
  EXPECT_NE(output.find("2 packages of the section 'games' were deleted"), std::string::npos)
      << output;
  EXPECT_NE(output.find("\nResult: "), std::string::npos) << output;
  std::filesystem::remove_all(directory);
}

TEST(DebianArchive, SaysWhatToDoWhenThePackageListsAreEmpty) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "manifold-tour-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string command =
      std::string(DEBIAN_ARCHIVE) + " --input /dev/null " + directory + " 2>&1 >/dev/null";
  FILE* const pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 4096> buffer;
  const std::string output(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), pipe));
  EXPECT_NE(::pclose(pipe), 0);
  EXPECT_NE(output.find("apt-get update"), std::string::npos) << output;
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace example
