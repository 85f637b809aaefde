#include "demo/player.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "protocol/text/lines.h"

namespace starlock::demo {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A server that gives these answers, one for each line.
class AnsweringServer final : public Part {
 public:
  explicit AnsweringServer(std::deque<Turn> answers) : answers_(std::move(answers)) {}

  std::string Begin() override { return "220 ready\r\n"; }
  protocol::Frame Cut(std::string_view in) override { return protocol::CutLine(in); }
  Result<Turn> OnUnit(std::string_view /*line*/) override {
    if (answers_.empty()) return Error{ErrorCode::kInvalid, "no more answers"};
    Turn turn = std::move(answers_.front());
    answers_.pop_front();
    return turn;
  }

 private:
  std::deque<Turn> answers_;
};

/// What the toy SMTP client says about a session with such a server; empty: it reached its end.
std::string TroubleWith(const std::deque<Turn>& answers, bool tls = false) {
  net::Loop loop;
  net::Resolver resolver(loop);
  net::Timer timeout(loop, [&] {
    ADD_FAILURE() << "timeout";
    loop.Stop();
  });
  timeout.Start(std::chrono::seconds(10));
  const auto server = PartServer::Open(
      loop, [&] { return std::make_unique<AnsweringServer>(answers); }, nullptr);
  if (!server) return server.error().detail;
  tls::ClientSettings client_settings;
  client_settings.verify = Verify::kNone;
  const auto context = tls::ClientContext::Create(client_settings);
  const PartSettings settings{"client.example.org", tls, "Subject: test\r\n\r\ntext\r\n", true, {}};
  Player client(loop, MakeSmtpClient(settings), {nullptr, context.value().get()}, [&] { loop.Stop(); });
  const net::Connector connector(loop, resolver, std::vector{server.value()->address()}, std::chrono::seconds(10),
                                 [&](Result<net::Connector::Connected> connected) {
                                   if (!connected) return client.Fail(connected.error().detail);
                                   client.Open(std::move(connected->stream));
                                 });
  loop.Run();
  EXPECT_TRUE(client.over());
  return client.trouble();
}

const Turn kOk{"250 OK\r\n"};
const Turn kOffer{"250-legacy\r\n250 STARTTLS\r\n"};
const Turn kData{"354 go\r\n"};

// The server reads lines, so each line of the message gets an answer: only the last one is not empty.
std::deque<Turn> WholeSession() {
  std::deque<Turn> turns = {kOk, kOk, kOk, kData};
  turns.insert(turns.end(), 3, Turn{});
  turns.insert(turns.end(), {kOk, {"221 bye\r\n", Turn::Next::kEnd}});
  return turns;
}

TEST(Player, ReachesItsEnd) { EXPECT_THAT(TroubleWith(WholeSession()), IsEmpty()); }

TEST(Player, TellsAnUnexpectedAnswer) {
  EXPECT_THAT(TroubleWith({kOk, {"550 no\r\n"}}), HasSubstr("unexpected answer '550 no'"));
  EXPECT_THAT(TroubleWith({kOk}, true), HasSubstr("unexpected answer '250 OK'"));
}

TEST(Player, TellsMalformedInput) { EXPECT_THAT(TroubleWith({{"hello\r\n"}}), HasSubstr("malformed input")); }

TEST(Player, TellsThatThePeerClosedTooEarly) {
  EXPECT_THAT(TroubleWith({kOk, {"250 OK\r\n", Turn::Next::kEnd}}), HasSubstr("closed the connection"));
  EXPECT_THAT(TroubleWith({{"", Turn::Next::kEnd}}, true), HasSubstr("closed the connection"));
}

TEST(Player, RefusesPlaintextBehindTheGoAhead) {
  EXPECT_THAT(TroubleWith({kOffer, {"220 go\r\n250 injected\r\n"}}, true), HasSubstr("plaintext"));
}

}  // namespace
}  // namespace starlock::demo
