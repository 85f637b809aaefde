// Every dialect of the table is complete, and everything of it lies in its own folder.

#include "protocol/dialects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace starlock::protocol {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = STARLOCK_PROTOCOL_DIR;

std::string Text(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The folders of dialects: all but the shared ones.
std::set<std::string> DialectFolders() {
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.is_directory()) folders.insert(entry.path().filename());
  }
  EXPECT_EQ(folders.erase("core") + folders.erase("text"), 2U);
  return folders;
}

/// `smtp::kSmtp`, `smtp::kLmtp` …: what the folders' headers export.
std::set<std::string> ExportedDialects() {
  const std::regex declaration(R"(extern const Dialect ([^;]+);)");
  std::set<std::string> names;
  for (const std::string& folder : DialectFolders()) {
    const std::string header = Text(kFolder / folder / (folder + ".h"));
    std::smatch found;
    if (!std::regex_search(header, found, declaration)) {
      ADD_FAILURE() << folder << " exports no dialect";
      continue;
    }
    std::string list = found[1];
    list.erase(std::remove_if(list.begin(), list.end(), [](unsigned char c) { return std::isspace(c) != 0; }),
               list.end());
    for (size_t at = 0; at < list.size();) {
      const size_t end = std::min(list.find(',', at), list.size());
      names.insert(folder + "::" + list.substr(at, end - at));
      at = end + 1;
    }
  }
  return names;
}

TEST(Dialects, EveryOneIsComplete) {
  std::set<std::string_view> names;
  for (const Dialect* dialect : Dialects()) {
    ASSERT_NE(dialect, nullptr);
    EXPECT_FALSE(dialect->name.empty());
    EXPECT_TRUE(names.insert(dialect->name).second) << dialect->name << " stands there twice";
    EXPECT_TRUE(std::all_of(dialect->name.begin(), dialect->name.end(), [](unsigned char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
    })) << dialect->name;
    EXPECT_EQ(FindDialect(dialect->name), dialect);
    EXPECT_EQ(dialect->default_port == 0, dialect->name == "tcp") << dialect->name;
    EXPECT_EQ(dialect->starttls, dialect->name != "tcp") << dialect->name;
    if (dialect->alpn_required) {
      EXPECT_FALSE(dialect->alpn.empty()) << dialect->name;
    }
  }
  EXPECT_EQ(FindDialect("gopher"), nullptr);
  EXPECT_EQ(FindDialect(""), nullptr);
}

TEST(Dialects, EveryOneHasItsFactories) {
  for (const Dialect* dialect : Dialects()) {
    ASSERT_NE(dialect->make_dialogue, nullptr) << dialect->name;
    ASSERT_NE(dialect->make_prober, nullptr) << dialect->name;
    EXPECT_NE(dialect->make_dialogue({"proxy.example", TlsMode::kOff, TlsMode::kOff}), nullptr) << dialect->name;
    Findings findings;
    EXPECT_NE(dialect->make_prober("proxy.example", findings), nullptr) << dialect->name;
  }
}

// IANA has registered no token for the others.
TEST(Dialects, EveryOneWithARegisteredAlpnTokenHasIt) {
  const std::set<std::string_view> without = {"ldap", "acap", "mysql", "tcp"};
  std::set<std::string_view> tokens;
  for (const Dialect* dialect : Dialects()) {
    EXPECT_EQ(dialect->alpn.empty(), without.count(dialect->name) == 1) << dialect->name;
    if (!dialect->alpn.empty()) {
      EXPECT_TRUE(tokens.insert(dialect->alpn).second) << dialect->alpn << " is another's";
    }
  }
}

TEST(Dialects, TheTableHoldsAllThatTheFoldersExport) {
  std::set<std::string> listed;
  const std::string table = Text(kFolder / "dialects.cc");
  const std::regex entry(R"(&(\w+::k\w+))");
  for (std::sregex_iterator it(table.begin(), table.end(), entry), end; it != end; ++it) listed.insert((*it)[1]);
  EXPECT_EQ(listed.size(), Dialects().size());
  EXPECT_EQ(listed, ExportedDialects());
}

// Its name begins with its folder's, but for LMTP, which is SMTP with another greeting.
TEST(Dialects, EveryOneIsNamedLikeItsFolder) {
  const std::set<std::string> folders = DialectFolders();
  for (const Dialect* dialect : Dialects()) {
    const std::string family(dialect->name == "lmtp" ? "smtp" : dialect->name.substr(0, dialect->name.find('-')));
    EXPECT_EQ(folders.count(family), 1U) << dialect->name;
    EXPECT_TRUE(fs::exists(kFolder / family / (family + ".h"))) << dialect->name;
  }
}

TEST(Dialects, NothingOfADialectLiesOutsideItsFolder) {
  const std::set<std::string> beside = {"dialects.h", "dialects.cc", "README.md"};
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.is_directory()) continue;
    EXPECT_EQ(beside.count(entry.path().filename()), 1U) << entry.path();
  }
  const std::set<std::string> folders = DialectFolders();
  const std::regex include(R"re(#include "protocol/(\w+)/)re");
  size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    const std::string own = entry.path().parent_path().filename();
    if (entry.path().parent_path() == kFolder) continue;  // the table names them all
    const std::string text = Text(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it, ++seen) {
      const std::string used = (*it)[1];
      EXPECT_TRUE(used == own || folders.count(used) == 0) << entry.path() << " uses the folder " << used;
    }
  }
  EXPECT_GT(seen, 100U) << "includes were read";
}

}  // namespace
}  // namespace starlock::protocol
