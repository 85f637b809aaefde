// How the end of one side reaches the other while a filter is active.

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "proxy/routes.h"
#include "session/session.h"
#include "support/proxy_harness.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

/// A client that takes the first write and nothing more. After End it reports no event by itself.
class StalledClient final : public buffer::Stream {
 public:
  void SetHandler(buffer::StreamHandler* handler) override { handler_ = handler; }
  void SetReading(bool) override {}
  bool Write(buffer::Chain bytes) override {
    const bool room = queued_ == 0;
    queued_ += bytes.size();
    return room;
  }
  void End(buffer::StreamEnd) override {
    if (!std::exchange(told_to_end_, true)) ended_.set_value();
  }
  void Abort() override { handler_ = nullptr; }
  size_t queued() const override { return queued_; }

  /// Our end was asked for.
  std::future<void> ended() { return ended_.get_future(); }
  void Leave() { handler_->OnEnd(buffer::StreamEnd::kClean); }
  void Take() {
    queued_ = 0;
    handler_->OnClosed({});
  }

 private:
  buffer::StreamHandler* handler_ = nullptr;
  size_t queued_ = 0;
  bool told_to_end_ = false;
  std::promise<void> ended_;
};

/// A client that has received the server's greeting, so that the filter is active.
Ends Greeted(Rig& rig) {
  Ends ends(rig, {.protocol = "smtp"});
  EXPECT_TRUE(ends.server.Send(kGreeting));
  EXPECT_EQ(ends.client.Line(), kGreeting);
  return ends;
}

TEST(SessionEnds, AClientThatHasNoRoomDoesNotKeepItsEndFromTheServer) {
  Upstream upstream;
  RecordedLog log;
  const config::Config config = MakeConfig({.protocol = "smtp"}, upstream.address());
  const auto routes = std::move(MakeRoutes(config, MakeCredentials(), proxy::MakeDataPorts(config))).value();
  net::Loop loop;
  net::Resolver resolver(loop);
  auto made = std::make_unique<StalledClient>();
  StalledClient* const client = made.get();
  std::future<void> told_to_end = client->ended();
  Session session({loop, resolver, log.logger()}, *routes.front(), std::move(made),
                  net::SocketAddress::FromLiteral("127.0.0.1", 1).value(), [&](Session&) { loop.Stop(); });
  loop.Post([&] { session.Start(false); });
  std::thread thread([&] { loop.Run(); });

  Peer server = upstream.Accept();
  server.Send("220 ready\r\n421 the beginning of a lin");
  server.Shut();
  EXPECT_EQ(told_to_end.wait_for(kPatience), std::future_status::ready);
  loop.Post([client] { client->Leave(); });
  EXPECT_EQ(server.End(), Ending::kFin) << "the client has ended its direction";
  server.Close();
  loop.Post([&, client] {
    client->Take();
    if (testing::Test::HasFailure()) loop.Stop();  // the session will not end by itself
  });
  thread.join();
  EXPECT_EQ(log.Record().value("end", ""), "closed");
}

// Once a held unit of the client was dropped, what follows is not parsed as a unit, whatever it looks like.
TEST(SessionEnds, AfterADroppedUnitNothingOfTheClientIsParsed) {
  Rig rig({.protocol = "smtp"});
  auto [client, server] = Greeted(rig);
  EXPECT_TRUE(client.Send("AUTH LOGIN\r\n"));
  EXPECT_EQ(server.Line(), "AUTH LOGIN\r\n");
  EXPECT_TRUE(client.Send("MAIL FROM:<a@example.net>\r\nNOOP the first half, "));  // waits for an answer
  server.Shut();
  EXPECT_EQ(client.End(), Ending::kFin);
  EXPECT_TRUE(client.Send("the second\r\nRCPT TO:<b@example.net>\r\n"));
  client.Shut();
  EXPECT_EQ(server.Rest(), "");
  EXPECT_EQ(server.ending(), Ending::kFin);
  EXPECT_EQ(rig.Verdict(), "closed/none");
}

// The control: a client without held input is still heard.
TEST(SessionEnds, AfterTheServersEndTheClientIsHeard) {
  Rig rig({.protocol = "smtp"});
  auto [client, server] = Greeted(rig);
  server.Shut();
  EXPECT_EQ(client.End(), Ending::kFin);
  EXPECT_TRUE(client.Send("NOOP one\r\nNOOP two\r\n"));
  client.Shut();
  EXPECT_EQ(server.Rest(), "NOOP one\r\nNOOP two\r\n");
  EXPECT_EQ(rig.Record().value("bytes_in", 0), 20);
}

TEST(SessionEnds, BytesForAFinishedLegAreNotCounted) {
  Rig rig({.protocol = "smtp"});
  auto [client, server] = Greeted(rig);
  EXPECT_TRUE(client.Send("NOOP\r\n"));
  EXPECT_EQ(server.Line(), "NOOP\r\n");
  EXPECT_TRUE(server.Send("250 ok\r\n"));
  server.Shut();
  EXPECT_EQ(client.Rest(), "250 ok\r\n");
  EXPECT_TRUE(client.Send("STARTTLS\r\n"));  // our own answer is too late
  client.Shut();
  EXPECT_EQ(server.End(), Ending::kFin);
  const auto record = rig.Record();
  EXPECT_EQ(record.value("bytes_in", 0), 6);
  EXPECT_EQ(record.value("bytes_out", 0), 8);
}

}  // namespace
}  // namespace starlock::session
