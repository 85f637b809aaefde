#include "session/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/proxy_harness.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

using testing::HasSubstr;
using testing::Not;

SessionRecord Whole() {
  SessionRecord record;
  record.listener = "front";
  record.protocol = "smtp";
  record.client = "192.0.2.7:50000";
  record.server = "[2001:db8::1]:25";
  record.client_tls = std::make_unique<tls::TlsInfo>(
      tls::TlsInfo{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", "mail.example.org", "smtp", true});
  record.bytes_in = uint64_t{1} << 40;
  record.bytes_out = 17;
  record.negotiation = std::chrono::milliseconds(12);
  record.duration = std::chrono::milliseconds(3456);
  record.end = End::kClosed;
  record.blame = Blame::kNone;
  return record;
}

std::string Text(const SessionRecord& record) {
  RecordedLog log(LogFormat::kText);
  WriteRecord(log.logger(), record);
  return log.Line();
}

nlohmann::json Json(const SessionRecord& record) {
  RecordedLog log;
  WriteRecord(log.logger(), record);
  return log.Record();
}

TEST(RecordTest, AsText) {
  EXPECT_EQ(Text(Whole()),
            "session listener=front protocol=smtp client=192.0.2.7:50000 server=[2001:db8::1]:25 "
            "client_tls=TLSv1.3/TLS_AES_128_GCM_SHA256/X25519MLKEM768 server_tls=plain client_resumed=true "
            "server_resumed=false sni=mail.example.org bytes_in=1099511627776 bytes_out=17 negotiation_ms=12 "
            "duration_ms=3456 end=closed blame=none");
}

TEST(RecordTest, AsJson) {
  const auto record = Json(Whole());
  EXPECT_EQ(record["event"], "session");
  EXPECT_EQ(record["listener"], "front");
  EXPECT_EQ(record["protocol"], "smtp");
  EXPECT_EQ(record["client"], "192.0.2.7:50000");
  EXPECT_EQ(record["server"], "[2001:db8::1]:25");
  const nlohmann::json tls = {
      {"version", "TLSv1.3"}, {"cipher", "TLS_AES_128_GCM_SHA256"}, {"group", "X25519MLKEM768"}};
  EXPECT_EQ(record["client_tls"], tls);
  EXPECT_EQ(record["server_tls"], "plain");
  EXPECT_EQ(record["client_resumed"], true);
  EXPECT_EQ(record["sni"], "mail.example.org");
  EXPECT_EQ(record["bytes_in"], uint64_t{1} << 40);
  EXPECT_EQ(record["bytes_out"], 17);
  EXPECT_EQ(record["negotiation_ms"], 12);
  EXPECT_EQ(record["duration_ms"], 3456);
  EXPECT_EQ(record["end"], "closed");
  EXPECT_EQ(record["blame"], "none");
  EXPECT_FALSE(record.contains("why"));
  EXPECT_FALSE(record.contains("level"));
}

TEST(RecordTest, AbsentValuesAreNull) {
  SessionRecord record = Whole();
  record.server.clear();
  record.client_tls.reset();
  EXPECT_EQ(Json(record)["server"], nullptr);
  EXPECT_EQ(Json(record)["sni"], nullptr);
  EXPECT_EQ(Json(record)["client_tls"], "plain");
  EXPECT_THAT(Text(record), HasSubstr(" server=- "));
  EXPECT_THAT(Text(record), HasSubstr(" sni=- "));
}

// The client chooses the name in its ClientHello.
TEST(RecordTest, NoPeerCanForgeALine) {
  SessionRecord record = Whole();
  record.client_tls->sni = "x end=closed blame=none\r\nsession listener=front\x1b[2J\"\\";
  record.why = "it said \"\n\"";
  const std::string text = Text(record);
  EXPECT_THAT(text, HasSubstr(R"( sni="x end=closed blame=none\r\nsession listener=front\x1b[2J\"\\" )"));
  EXPECT_THAT(text, HasSubstr(R"( why="it said \"\n\"")"));
  EXPECT_EQ(Json(record)["sni"], record.client_tls->sni);

  record.client_tls->sni = "\xff\xfe\x80";
  EXPECT_TRUE(Json(record)["sni"].is_string()) << "invalid UTF-8 does not break the JSON";
  EXPECT_THAT(Text(record), HasSubstr(R"( sni="\xff\xfe\x80" )"));
  record.client_tls->sni = "-";
  EXPECT_THAT(Text(record), Not(HasSubstr(" sni=- "))) << "a name that is a dash differs from no name";
}

TEST(RecordTest, EndAndBlameAreClosedLists) {
  const std::set<std::string_view> ends = {"closed",
                                           "truncated",
                                           "reset",
                                           "timeout",
                                           "idle",
                                           "connect_failed",
                                           "resolve_failed",
                                           "starttls_not_offered",
                                           "starttls_refused",
                                           "tls_required",
                                           "plaintext_after_starttls",
                                           "handshake_failed",
                                           "verify_failed",
                                           "protocol_error",
                                           "limit",
                                           "drained",
                                           "internal"};
  std::set<std::string_view> said;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(End::kInternal); ++i) said.insert(ToString(static_cast<End>(i)));
  EXPECT_EQ(said, ends);
  const std::set<std::string_view> blames = {"client", "server", "proxy", "none"};
  std::set<std::string_view> blamed;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(Blame::kProxy); ++i) blamed.insert(ToString(static_cast<Blame>(i)));
  EXPECT_EQ(blamed, blames);
}

TEST(RecordTest, IsWrittenWhateverTheLevel) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  Logger quiet(LogLevel::kError, LogFormat::kText, ends[1]);
  WriteRecord(quiet, Whole());
  char first[8] = {};
  EXPECT_EQ(read(ends[0], first, 7), 7);
  EXPECT_STREQ(first, "session");
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace starlock::session
