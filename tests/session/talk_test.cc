// A talk without a session: what it asks of its owner for the acts of a dialogue, and what it makes of its legs'
// events.

#include "session/talk.h"

#include <gtest/gtest.h>

#include <vector>

#include "protocol/core/probe.h"
#include "protocol/dialects.h"
#include "tls/context.h"
#include "toy_stream.h"

namespace starlock::session {
namespace {

using buffer::StreamEnd;
using protocol::Act;
using protocol::Event;
using protocol::Failure;
using protocol::Frame;
using protocol::Index;
using protocol::Out;

/// Passes lines to the other side, but for some words that are acts.
class ToyDialogue final : public protocol::Dialogue {
 public:
  ToyDialogue() : Dialogue({.host = "toy"}) { LetServerChat(); }

  bool InTransfer() const override { return transfer_; }
  bool Established() const override { return established_; }

 private:
  bool BetweenUnits() const override { return !in_unit_; }
  Frame Cut(Side, std::string_view in, protocol::Scan&) override {
    const size_t end = in.find('\n');
    return end == std::string_view::npos ? Frame::Partial() : Frame::Whole(end + 1);
  }
  Act On(Side side, std::string_view unit, Out& out) override {
    if (unit == "relay\n") return protocol::Relay{};
    if (unit == "fail\n") return protocol::Fail{{End::kProtocolError, BlameOf(side), "as it was asked to"}};
    if (unit == "dial\n") return protocol::Dial{};
    if (unit == "next\n") return protocol::Dial{.next = true};
    if (unit == "tls\n") return protocol::Upgrade{Side::kServer};
    if (unit == "wait\n") return protocol::Wait{};
    if (unit == "starttls\n") return protocol::Wait{.upgrade = true};
    if (unit == "client tls\n") return protocol::Upgrade{Side::kClient};
    if (unit == "note\n") out.Note("a note");
    if (unit == "data\n") out.data.push_back(protocol::DataRequest::Open(1, 2));
    if (unit == "begin\n" || unit == "done\n") transfer_ = unit == "begin\n";
    if (unit == "logged in\n") established_ = true;
    if (unit.starts_with(">part")) in_unit_ = true;
    if (unit.starts_with(">last part")) in_unit_ = false;
    if (unit == "meet\n") {
      ReachMeetingPoint(Side::kClient);
      ReachMeetingPoint(Side::kServer);
    }
    if (unit.starts_with(">")) out.to[Index(protocol::Other(side))] += unit;
    return protocol::Read{};
  }
  Act On(Event event, Side, Out&) override {
    if (event == Event::kStart) return protocol::Dial{};
    if (event == Event::kTlsFailed) return protocol::Fail{{End::kHandshakeFailed, Blame::kServer, "no TLS"}};
    return protocol::Read{};
  }
  std::string Goodbye(const Failure&) const override { return "bye\n"; }

  bool transfer_ = false;
  bool in_unit_ = false;
  bool established_ = false;
};

class TalkTest : public testing::Test, protected TalkOwner {
 protected:
  TalkTest() : legs(loop, Legs::HangUp::kClient) { Use(std::make_unique<ToyDialogue>()); }

  void Use(std::unique_ptr<protocol::Dialogue> dialogue) {
    TalkOwner& owner = *this;
    talk.reset();
    talk = std::make_unique<Talk>(owner, loop, legs, *protocol::FindDialect("smtp"), std::move(dialogue));
    legs.SetOwner(*talk);
  }
  /// Both legs are open.
  void Begin() {
    legs[Side::kClient].Open(client.Make());
    talk->Start();
    Connect();
  }
  void Connect() {
    legs[Side::kServer].Open(server.Make());
    talk->UpstreamUp();
  }
  void Show(Toy& toy, std::string_view bytes) { toy.Show(loop.pool(), bytes); }

  bool Dial(bool next) override {
    if (next && !more_addresses) return false;
    ++dials;
    legs.Replace(Side::kServer);
    return true;
  }
  void BeginTls(Side side) override {
    tls::ClientSettings settings;
    settings.verify = Verify::kNone;
    context = std::move(tls::ClientContext::Create(settings)).value();
    legs[side].Connect(*context, loop.pool(), loop, true, nullptr);
  }
  void OnTls(Side, const tls::TlsInfo&) override { ADD_FAILURE() << "nobody here completes a handshake"; }
  void OnServerTlsFailed(const Error& error) override { tls_error = error.detail; }
  void OnMeetingPoint() override { ++meetings; }
  void OnRelay() override { ++relays; }
  void OnFailed(const Failure& how, bool client_told) override {
    failure = how;
    told = client_told;
    loop.Stop();
  }
  void OnDataRequest(const protocol::DataRequest& request) override { ports.push_back(request.server_port); }
  bool InTransfer() const override { return in_transfer; }
  void OnNote(const char* text) override { notes.emplace_back(text); }
  void OnMoved(Side from, size_t bytes) override { moved[Index(from)] += bytes; }
  void OnTruncated(Side side) override { truncated.push_back(side); }
  void OnLegClosed(Side side, const Closing&) override { closed.push_back(side); }

  net::Loop loop;
  std::unique_ptr<tls::ClientContext> context;
  Toy client, server;
  Legs legs;
  std::unique_ptr<Talk> talk;

  bool more_addresses = false;
  bool in_transfer = false;
  int dials = 0, meetings = 0, relays = 0;
  std::optional<Failure> failure;
  bool told = false;
  std::optional<std::string> tls_error;
  std::vector<std::string> notes;
  std::vector<uint16_t> ports;
  std::vector<Side> truncated, closed;
  size_t moved[2] = {0, 0};
};

TEST_F(TalkTest, UnitsCrossAndAPartialOneWaits) {
  Begin();
  EXPECT_EQ(dials, 1);
  Show(client, ">one\n>two\n>thr");
  EXPECT_EQ(server.written, ">one\n>two\n");
  EXPECT_EQ(legs[Side::kClient].input().view(), ">thr");
  Show(client, "ee\n");
  EXPECT_EQ(server.written, ">one\n>two\n>three\n");
  EXPECT_TRUE(legs[Side::kClient].input().empty());
  EXPECT_EQ(moved[Index(Side::kClient)], server.written.size());
}

TEST_F(TalkTest, InputThatCameBeforeTheServerIsUsedOnceThatIsUp) {
  legs[Side::kClient].Open(client.Make());
  talk->Start();
  Show(client, "wait\n");
  EXPECT_EQ(talk->waiting_for(), Blame::kServer);
  Connect();
  Show(server, ">greeting\n");
  EXPECT_EQ(client.written, ">greeting\n");
  EXPECT_EQ(legs[Side::kClient].input().view(), "wait\n");
}

TEST_F(TalkTest, WhileOneLegIsCongestedTheOthersInputWaits) {
  Begin();
  client.room = false;
  Show(server, ">one\n");
  Show(server, ">two\n");
  EXPECT_EQ(client.written, ">one\n");
  Show(client, ">up\n");
  EXPECT_EQ(server.written, "");
  client.room = true;
  client.handler->OnWritable();
  EXPECT_EQ(client.written, ">one\n>two\n");
  EXPECT_EQ(server.written, ">up\n");
}

TEST_F(TalkTest, ANoteIsSaidOnce) {
  Begin();
  Show(client, "note\nnote\n");
  Show(server, "note\n");
  EXPECT_EQ(notes, std::vector<std::string>{"a note"});
}

TEST_F(TalkTest, TheRelayGetsWhatIsUnused) {
  Begin();
  Show(client, ">last\nrelay\nnot a unit");
  EXPECT_EQ(server.written, ">last\n");
  EXPECT_EQ(meetings, 1);
  EXPECT_EQ(relays, 1);
  EXPECT_EQ(legs[Side::kClient].input().view(), "not a unit");
  talk->Abandon({End::kDrained, Blame::kNone, "too late"});
  EXPECT_FALSE(failure);
}

TEST_F(TalkTest, AFailureSaysGoodbye) {
  Begin();
  Show(client, "fail\n>for nobody\n");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kProtocolError);
  EXPECT_EQ(failure->blame, Blame::kClient);
  EXPECT_TRUE(told);
  EXPECT_EQ(client.written, "bye\n");
  EXPECT_EQ(server.written, "");
}

TEST_F(TalkTest, TheMeetingPointIsReachedOnce) {
  Begin();
  EXPECT_TRUE(talk->negotiating());
  Show(client, "meet\n");
  EXPECT_FALSE(talk->negotiating());
  Show(client, ">more\nmeet\n");
  EXPECT_EQ(meetings, 1);
}

TEST_F(TalkTest, ARedialForgetsTheOldConnection) {
  Begin();
  server.room = false;
  Show(client, ">fills it\ndial\n");
  EXPECT_EQ(server.written, ">fills it\n");
  EXPECT_EQ(dials, 2);
  EXPECT_EQ(server.handler, nullptr) << "nobody hears of the old connection any more";
  EXPECT_EQ(legs[Side::kServer].state(), Leg::State::kUnopened);
  EXPECT_TRUE(talk->negotiating());
  server = {};
  Connect();
  Show(client, ">anew\n");
  EXPECT_EQ(server.written, ">anew\n");
}

TEST_F(TalkTest, ARedialFromInsideTheOldLegsOwnEvent) {
  Begin();
  Show(server, ">one\ndial\n>of the old connection\n");
  EXPECT_EQ(client.written, ">one\n");
  EXPECT_EQ(dials, 2);
  server = {};
  Connect();
  Show(server, ">two\n");
  EXPECT_EQ(client.written, ">one\n>two\n");
}

TEST_F(TalkTest, NoAddressIsLeft) {
  Begin();
  Show(client, "next\n");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kClosed);
  EXPECT_EQ(failure->blame, Blame::kNone);
}

TEST_F(TalkTest, AnUpstreamThatCannotBeReached) {
  legs[Side::kClient].Open(client.Make());
  talk->Start();
  talk->Abandon({End::kConnectFailed, Blame::kServer, "cannot connect"});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kConnectFailed);
  EXPECT_EQ(client.written, "bye\n");
}

TEST_F(TalkTest, AFailedHandshakeIsTheDialoguesToJudgeAndItsReasonIsKept) {
  Begin();
  Show(client, "tls\n");
  ASSERT_EQ(legs[Side::kServer].state(), Leg::State::kHandshaking);
  server.handler->OnClosed({ErrorCode::kReset, "by the peer"});
  ASSERT_TRUE(tls_error);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->Reason(), "no TLS: " + *tls_error);
  EXPECT_FALSE(legs[Side::kServer].open());
}

TEST_F(TalkTest, PlaintextWhereTlsBeginsIsNot) {
  Begin();
  Show(client, "tls\n");
  Show(server, "plaintext that goes on");
  EXPECT_FALSE(tls_error);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kPlaintextAfterStarttls);
  EXPECT_EQ(failure->blame, Blame::kServer);
}

TEST_F(TalkTest, APeerThatLeavesDuringNegotiation) {
  Begin();
  server.handler->OnEnd(StreamEnd::kTruncated);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kTruncated);
  EXPECT_EQ(failure->blame, Blame::kServer);
}

TEST_F(TalkTest, APeerThatResetsDuringNegotiation) {
  Begin();
  client.handler->OnClosed({ErrorCode::kReset, "connection lost"});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kReset);
  EXPECT_EQ(failure->blame, Blame::kClient);
  EXPECT_FALSE(legs[Side::kClient].open());
}

TEST_F(TalkTest, PastTheMeetingPointAnEndIsPassedOn) {
  Begin();
  Show(client, "meet\n");
  Show(server, "a partial uni");
  server.handler->OnEnd(StreamEnd::kTruncated);
  EXPECT_EQ(client.written, "a partial uni");
  EXPECT_EQ(client.end, StreamEnd::kTruncated);
  EXPECT_EQ(truncated, std::vector{Side::kServer});
  EXPECT_FALSE(failure);
  Show(client, "another partia");
  client.handler->OnEnd(StreamEnd::kClean);
  EXPECT_EQ(server.written, "") << "the filter could not judge it";
  EXPECT_EQ(server.end, StreamEnd::kClean);
  client.handler->OnClosed({});
  EXPECT_EQ(closed, std::vector{Side::kClient});
}

// Design: a client's end travels as soon as all before it was passed on.
TEST_F(TalkTest, AClientsEndDoesNotWaitForAnAnswer) {
  Begin();
  Show(client, "meet\n>question\n");
  client.handler->OnEnd(StreamEnd::kClean);
  EXPECT_EQ(server.written, ">question\n");
  EXPECT_EQ(server.end, StreamEnd::kClean);
  EXPECT_FALSE(client.end);
  Show(server, ">answer\n");
  EXPECT_EQ(client.written, ">answer\n");
  EXPECT_FALSE(failure);
}

TEST_F(TalkTest, AClientsEndDoesNotWaitForAClientThatReadsNothing) {
  Begin();
  Show(client, "meet\n");
  client.room = false;
  Show(server, ">much\n");
  client.handler->OnEnd(StreamEnd::kClean);
  EXPECT_EQ(server.end, StreamEnd::kClean);
}

TEST_F(TalkTest, AClientThatHasEndedDoesNotWaitForItsUpgrade) {
  Begin();
  Show(client, "meet\n>question\nstarttls\n>data of TLS\n");
  EXPECT_FALSE(server.end);
  client.handler->OnEnd(StreamEnd::kClean);
  EXPECT_EQ(server.written, ">question\n");
  EXPECT_EQ(server.end, StreamEnd::kClean);
  Show(server, ">answer\n");
  EXPECT_EQ(client.written, ">answer\n");
  EXPECT_FALSE(failure);
}

TEST_F(TalkTest, AClientThatHasEndedWaitsForASilentServerOnlyForAWhile) {
  Begin();
  Show(client, "meet\n>login\nwait\n>held\n");
  client.handler->OnEnd(StreamEnd::kClean);
  EXPECT_FALSE(server.end) << "the server's answer may let the rest cross";
  server.on_end = [this] { loop.Stop(); };
  loop.Run();
  EXPECT_EQ(server.written, ">login\n");
  EXPECT_EQ(server.end, StreamEnd::kClean);
  EXPECT_FALSE(failure);
}

TEST_F(TalkTest, AClientThatHasEndedBeforeTheGreetingWaitsForASilentServerOnlyForAWhile) {
  Begin();
  Show(client, "wait\n");
  client.handler->OnEnd(StreamEnd::kClean);
  EXPECT_FALSE(failure);
  loop.Run();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kClosed);
  EXPECT_EQ(failure->blame, Blame::kClient);
}

TEST_F(TalkTest, AServerThatEndsDuringTheClientsHandshakeInAFilterIsNoticed) {
  Begin();
  Show(client, "meet\nclient tls\n");
  ASSERT_EQ(legs[Side::kClient].state(), Leg::State::kHandshaking);
  EXPECT_EQ(talk->waiting_for(), Blame::kClient);
  server.handler->OnEnd(StreamEnd::kClean);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kClosed);
  EXPECT_EQ(failure->blame, Blame::kServer);
  EXPECT_FALSE(told);
}

TEST_F(TalkTest, AHandshakeWithTheServerWaitsForTheServer) {
  Begin();
  Show(client, "meet\ntls\n");
  EXPECT_EQ(talk->waiting_for(), Blame::kServer);
}

TEST_F(TalkTest, AClientThatIsRefusedIsToldAtOnce) {
  legs[Side::kClient].Open(client.Make());
  talk->Start(true);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kLimit);
  EXPECT_EQ(dials, 0);
  EXPECT_EQ(client.written, "bye\n");
}

TEST_F(TalkTest, ADrainWaitsForATransferAndItsAnswer) {
  Begin();
  Show(client, "begin\n");
  in_transfer = true;
  talk->Drain();
  EXPECT_FALSE(failure);
  in_transfer = false;
  talk->LeaveIfDrained();
  EXPECT_FALSE(failure) << "the dialogue still waits for the answer";
  Show(server, "done\n");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->end, End::kDrained);
}

TEST_F(TalkTest, ADrainLetsAnEstablishedSessionGoOn) {
  Begin();
  Show(client, "meet\nlogged in\n");
  talk->Drain();
  EXPECT_FALSE(failure);
  Show(client, ">more\n");
  EXPECT_EQ(server.written, ">more\n");
}

TEST_F(TalkTest, NoGoodbyeWithinAUnitOfTheServer) {
  Begin();
  Show(client, "meet\n");
  Show(server, ">part one\n>par");
  talk->Abandon({End::kIdle, Blame::kNone, "idle"});
  ASSERT_TRUE(failure);
  EXPECT_FALSE(told);
  EXPECT_EQ(client.written, ">part one\n");
}

TEST_F(TalkTest, NoGoodbyeForAClientsErrorWithinAUnitOfTheServer) {
  Begin();
  Show(client, "meet\n");
  Show(server, ">part one\n");
  Show(client, "fail\n");
  ASSERT_TRUE(failure);
  EXPECT_FALSE(told);
  EXPECT_EQ(client.written, ">part one\n");
}

TEST_F(TalkTest, AGoodbyeFollowsAWholeUnitOfTheServer) {
  Begin();
  Show(client, "meet\n");
  Show(server, ">part one\n>last part\n");
  server.handler->OnClosed({ErrorCode::kReset, "connection lost"});
  ASSERT_TRUE(failure);
  EXPECT_TRUE(told);
  EXPECT_EQ(client.written, ">part one\n>last part\nbye\n");
}

TEST_F(TalkTest, DataRequestsReachTheOwner) {
  Begin();
  Show(client, "data\n");
  EXPECT_EQ(ports, std::vector<uint16_t>{1});
}

TEST_F(TalkTest, StoppedItDoesNothingMore) {
  Begin();
  talk->Stop();
  Show(client, ">one\n");
  talk->Abandon({End::kIdle, Blame::kNone, "too late"});
  EXPECT_EQ(server.written, "");
  EXPECT_FALSE(failure);
}

// What `starlock probe` is.
TEST_F(TalkTest, ATalkWithoutAClient) {
  const protocol::Dialect& smtp = *protocol::FindDialect("smtp");
  protocol::Findings findings;
  Use(protocol::MakeProbe(smtp, "probe.example.org", findings));
  talk->Start();
  EXPECT_EQ(dials, 1);
  Connect();
  Show(server, "220 mail.example.org\r\n");
  EXPECT_EQ(server.written, "EHLO probe.example.org\r\n");
  Show(server, "250-mail.example.org\r\n250 STARTTLS\r\n");
  EXPECT_TRUE(server.written.ends_with("STARTTLS\r\n"));
  Show(server, "220 go\r\n");
  EXPECT_EQ(legs[Side::kServer].state(), Leg::State::kHandshaking);
  EXPECT_EQ(findings.greeting, "220 mail.example.org");
  EXPECT_FALSE(failure);
  legs.Close(Side::kServer);
}

}  // namespace
}  // namespace starlock::session
