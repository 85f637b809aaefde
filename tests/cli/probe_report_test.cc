#include "cli/probe_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace starlock::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z

ProbeReport Full() {
  ProbeReport report;
  report.protocol = "smtp";
  report.target = {"mail.example.org", 25};
  report.address = "192.0.2.1:25";
  report.findings = {"", "220 mail.example.org", {{"SIZE 9", "STARTTLS"}}, true, {{"SIZE 9", "AUTH PLAIN"}}};
  report.tls = tls::TlsInfo{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", "", "", false};
  report.server_name = "mail.example.org";
  report.peer.verification = tls::PeerInfo::Verification::kPassed;
  report.peer.chain = {
      {"CN=mail.example.org",
       "CN=CA",
       {"mail.example.org", "192.0.2.1"},
       kNow - days(10),
       kNow + days(20),
       "ECDSA P-256",
       SpkiPin{}},
  };
  return report;
}

std::string Text(const ProbeReport& report) { return ToText(report, kNow, Style(false, false)); }

TEST(ProbeText, SaysAll) {
  EXPECT_EQ(Text(Full()),
            R"(mail.example.org:25 at 192.0.2.1:25, smtp

Before TLS
  greeting      220 mail.example.org
  capabilities  SIZE 9
                STARTTLS
  STARTTLS      offered

TLS
  version       TLSv1.3
  cipher        TLS_AES_128_GCM_SHA256
  group         X25519
  verification  passed for mail.example.org

Certificate 1 of 1
  subject       CN=mail.example.org
  issuer        CN=CA
  names         mail.example.org
                192.0.2.1
  valid from    2027-01-05
  expires       2027-02-04, in 20 days
  key           ECDSA P-256
  pin           sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

Inside TLS
  capabilities  SIZE 9
                AUTH PLAIN
)");
}

TEST(ProbeText, LeavesOutWhatIsNotKnown) {
  ProbeReport report;
  report.protocol = "smtp";
  report.target = {"mail.example.org", 25};
  EXPECT_EQ(Text(report), "mail.example.org:25, smtp\n");
  report.findings.greeting = "220-a\r\n220 b";
  report.findings.before = protocol::Findings::Capabilities{};
  report.findings.offers_upgrade = false;
  EXPECT_EQ(Text(report),
            "mail.example.org:25, smtp\n\nBefore TLS\n  greeting      220-a\n                220 b\n"
            "  capabilities  none\n  STARTTLS      not offered\n");
}

TEST(ProbeText, NothingOfTheServersDrivesTheTerminal) {
  const std::string evil =
      "\x1b]0;owned\x07\x9b"
      "31m\r\b\n\xc2\x85";
  ProbeReport report = Full();
  report.findings = {evil, evil, {{evil}}, true, {{evil}}};
  report.server_name = evil;
  report.peer.verification = tls::PeerInfo::Verification::kFailed;
  report.peer.reason = evil;
  report.peer.chain = {{evil, evil, {evil}, kNow, kNow, evil, {}}};
  for (const char c : Text(report)) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
  for (const char c : ToJson(report, kNow)) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
}

TEST(ProbeText, ColoursOnlyWhereAskedFor) {
  EXPECT_THAT(Text(Full()), Not(HasSubstr("\x1b")));
  EXPECT_THAT(ToText(Full(), kNow, Style(true, false)), HasSubstr("\x1b[32moffered\x1b[0m"));
}

TEST(ProbeReport, WarnsUnderFourteenDays) {
  ProbeReport report = Full();
  tls::CertificateInfo& certificate = report.peer.chain[0];
  const auto ends_in = [&](hours left) {
    certificate.not_after = kNow + left;
    return Warnings(report, kNow);
  };
  EXPECT_THAT(ends_in(days(14)), testing::IsEmpty());
  EXPECT_THAT(ends_in(days(14) - hours(1)),
              testing::ElementsAre("the certificate of CN=mail.example.org expires in 13 days"));
  EXPECT_THAT(Text(report), HasSubstr("in 13 days"));
  EXPECT_THAT(ends_in(hours(30)), testing::ElementsAre(HasSubstr("in 1 day")));
  EXPECT_THAT(ends_in(hours(-30)), testing::IsEmpty());
  EXPECT_THAT(Text(report), HasSubstr("1 day ago"));
}

TEST(ProbeJson, SaysAll) {
  const Json json = Json::parse(ToJson(Full(), kNow));
  EXPECT_EQ(json, Json::parse(R"({
    "protocol": "smtp", "target": "mail.example.org:25", "address": "192.0.2.1:25",
    "greeting": "220 mail.example.org", "capabilities_before": ["SIZE 9", "STARTTLS"], "starttls": true,
    "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "X25519"},
    "chain": [{"subject": "CN=mail.example.org", "issuer": "CN=CA", "names": ["mail.example.org", "192.0.2.1"],
               "not_before": "2027-01-05T08:00:00Z", "not_after": "2027-02-04T08:00:00Z", "days_left": 20,
               "key_type": "ECDSA P-256", "pin": "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}],
    "verification": {"result": "passed", "reason": null, "server_name": "mail.example.org"},
    "capabilities_after": ["SIZE 9", "AUTH PLAIN"], "warnings": [], "error": null})"));
}

TEST(ProbeJson, NullWhereNothingIsKnown) {
  ProbeReport report;
  report.protocol = "tcp";
  report.target = {"::1", 443};
  report.failure = {protocol::End::kConnectFailed, "refused"};
  const Json json = Json::parse(ToJson(report, kNow));
  for (const char* key : {"address", "greeting", "capabilities_before", "starttls", "tls", "capabilities_after"}) {
    EXPECT_TRUE(json.at(key).is_null()) << key;
  }
  EXPECT_EQ(json.at("target"), "[::1]:443");
  EXPECT_EQ(json.at("chain"), Json::array());
  EXPECT_EQ(json.at("verification").at("result"), "not_verified");
  EXPECT_EQ(json.at("error"), (Json{{"end", "connect_failed"}, {"message", "refused"}}));
}

}  // namespace
}  // namespace starlock::cli
