#include "cli/probe_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/listener.h"

namespace starlock::cli {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// A listening port whose connections are never accepted.
class SilentPort {
 public:
  SilentPort() : group_(net::BindGroup({"127.0.0.1", 0}, 1).value()) {}
  HostPort address() const { return {"127.0.0.1", group_.front().address().port()}; }

 private:
  std::vector<net::ListeningSocket> group_;
};

ProbeReport Probed(const std::string& protocol, const HostPort& target) {
  ProbeOptions options;
  options.protocol = protocol;
  options.target = target;
  options.insecure = true;
  auto run = ProbeRun::Create(options);
  EXPECT_TRUE(run);
  return (*run)->Run(100ms);
}

TEST(ProbeRun, AServerThatSaysNothing) {
  const SilentPort server;
  const ProbeReport report = Probed("smtp", server.address());
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->end, protocol::End::kTimeout);
  EXPECT_THAT(report.failure->why, HasSubstr("--protocol tcp"));
  EXPECT_EQ(report.address, server.address().ToString());
}

TEST(ProbeRun, AServerThatDoesNotShakeHands) {
  const SilentPort server;
  const ProbeReport report = Probed("tcp", server.address());
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->end, protocol::End::kTimeout);
  EXPECT_THAT(report.failure->why, HasSubstr("handshake"));
}

TEST(ProbeRun, ACaFileThatIsNotThere) {
  ProbeOptions options;
  options.protocol = "smtp";
  options.target = {"127.0.0.1", 25};
  options.ca = "/nonexistent/ca.pem";
  const auto run = ProbeRun::Create(options);
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().detail, HasSubstr("/nonexistent/ca.pem"));
}

}  // namespace
}  // namespace starlock::cli
