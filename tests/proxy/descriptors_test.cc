// The number of descriptors that a configuration needs.

#include "proxy/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "support/proxy_harness.h"

namespace starlock::proxy {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

config::Config Configuration(const std::vector<std::string>& protocols, uint32_t max_connections) {
  config::Config config = MakeConfig({}, {"127.0.0.1", 25});
  const config::Listener listener = config.listeners.front();
  config.listeners.clear();
  for (const std::string& protocol : protocols) {
    config.listeners.push_back(listener);
    config.listeners.back().protocol = protocol;
  }
  config.limits.max_connections = max_connections;
  return config;
}

TEST(DescriptorsTest, TwoASession) {
  EXPECT_EQ(DescriptorsNeeded(Configuration({"smtp", "imap"}, 1000), 1), 2128U);
  EXPECT_EQ(DescriptorsNeeded(Configuration({"tcp"}, 4'000'000'000U), 1), 8'000'000'128U);
}

TEST(DescriptorsTest, EachWorkerHasItsPipes) {
  EXPECT_EQ(DescriptorsNeeded(Configuration({"tcp"}, 1000), 2), 2192U);
  EXPECT_EQ(DescriptorsNeeded(Configuration({"tcp"}, 1000), 16), 3088U);
}

TEST(DescriptorsTest, DataConnectionsCount) {
  EXPECT_EQ(DescriptorsNeeded(Configuration({"ftp"}, 1000), 1), 6128U);
  EXPECT_EQ(DescriptorsNeeded(Configuration({"smtp", "ftp"}, 1000), 1), 6128U);
}

TEST(DescriptorsTest, WithoutALimitNobodyCanTell) { EXPECT_EQ(DescriptorsNeeded(Configuration({"ftp"}, 0), 4), 0U); }

TEST(DescriptorsTest, WarnsWhereThereAreTooFew) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max == RLIM_INFINITY) GTEST_SKIP() << "there is no limit here";
  RecordedLog log;
  RaiseDescriptorLimit(limit.rlim_max, log.logger());
  RaiseDescriptorLimit(limit.rlim_max + 1, log.logger());
  const std::string line = log.Line();
  EXPECT_NE(line.find("too few file descriptors"), std::string::npos) << line;
  EXPECT_NE(line.find(std::to_string(limit.rlim_max + 1)), std::string::npos) << line;
}

}  // namespace
}  // namespace starlock::proxy
