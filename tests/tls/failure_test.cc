// Input that is not TLS, truncation and tampering: distinguished, and without losing authenticated data.

#include "harness.h"

namespace starlock::tls {
namespace {

using buffer::StreamEnd;

/// A peer without TLS at one end of the transport.
struct RawPeer final : buffer::StreamHandler {
  explicit RawPeer(std::unique_ptr<buffer::Stream> under) : stream(std::move(under)) {
    stream->SetHandler(this);
    stream->SetReading(true);
  }
  void OnData(buffer::Chain& in) override {
    received += in.ToString();
    in.Clear();
  }
  void OnWritable() override {}
  void OnEnd(StreamEnd /*how*/) override { ended = true; }
  void OnClosed(const Error& error) override { closed = error; }
  std::unique_ptr<buffer::Stream> stream;
  std::string received;
  bool ended = false;
  std::optional<Error> closed;
};

struct OurServer {
  explicit OurServer(const ServerSettings& settings = World::Get().Server())
      : context(MakeServer(settings)), pair(loop, {}), peer(std::move(pair.a)) {
    owner.pool = &loop.pool();
    owner.Attach(TlsStream::Accept(*context, loop.pool(), loop, std::move(pair.b), {}, &owner));
  }
  void PeerSends(std::string_view bytes) {
    buffer::Chain chain;
    chain.Copy(loop.pool(), bytes);
    peer.stream->Write(std::move(chain));
    ASSERT_TRUE(loop.Run());
  }
  std::unique_ptr<ServerContext> context;
  test::FakeLoop loop;
  test::StreamPair pair;
  RawPeer peer;
  Owner owner;
};

TEST(NotTls, PlaintextToTheServerGetsNoWord) {
  for (const char* first : {"EHLO i\r\n", "\x80\x2e\x01", "\x15\x03\x01"}) {
    OurServer server;
    server.PeerSends(first);
    ASSERT_TRUE(server.owner.closed);
    EXPECT_EQ(server.owner.closed->code, ErrorCode::kNotTls);
    EXPECT_EQ(server.peer.received, "");
    EXPECT_TRUE(server.peer.ended);
    EXPECT_FALSE(server.owner.info);
  }
}

TEST(NotTls, PlaintextBehindStarttls) {
  auto context = MakeServer(World::Get().Server());
  test::FakeLoop loop;
  test::StreamPair pair(loop, {});
  RawPeer peer(std::move(pair.a));
  Owner owner;
  buffer::Chain already;
  already.Copy(loop.pool(), "NOOP\r\n");
  owner.Attach(TlsStream::Accept(*context, loop.pool(), loop, std::move(pair.b), std::move(already), &owner));
  EXPECT_FALSE(owner.closed) << "nothing is reported from inside Accept";
  ASSERT_TRUE(loop.Run());
  ASSERT_TRUE(owner.closed);
  EXPECT_EQ(owner.closed->code, ErrorCode::kNotTls);
  EXPECT_EQ(peer.received, "");
}

TEST(NotTls, PlaintextToTheClient) {
  auto context = MakeClient(World::Get().Client());
  for (const bool alert : {false, true}) {
    test::FakeLoop loop;
    test::StreamPair pair(loop, {});
    RawPeer peer(std::move(pair.b));
    Owner owner;
    owner.Attach(TlsStream::Connect(*context, loop.pool(), loop, std::move(pair.a), &owner));
    buffer::Chain chain;
    chain.Copy(loop.pool(), alert ? std::string("\x15\x03\x03\x00\x02\x02\x28", 7) : "220 mail ESMTP\r\n");
    peer.stream->Write(std::move(chain));
    ASSERT_TRUE(loop.Run());
    ASSERT_TRUE(owner.closed);
    EXPECT_EQ(owner.closed->code, alert ? ErrorCode::kHandshakeFailed : ErrorCode::kNotTls);
    if (alert) {
      EXPECT_EQ(owner.closed->detail, "peer sent alert handshake_failure");
    }
  }
}

TEST(Handshake, GarbageBehindTheFirstByteGetsAnAlert) {
  OurServer server;
  server.PeerSends(std::string("\x16\x03\x01\x00\x05hello", 10));
  ASSERT_TRUE(server.owner.closed);
  EXPECT_EQ(server.owner.closed->code, ErrorCode::kHandshakeFailed);
  ASSERT_GE(server.peer.received.size(), 7u);
  EXPECT_EQ(server.peer.received[0], '\x15');
  EXPECT_TRUE(server.peer.ended);
}

TEST(Handshake, TheEndInItsMiddle) {
  OurServer server;
  server.PeerSends(std::string("\x16\x03\x01\x02\x00", 5));
  EXPECT_FALSE(server.owner.closed);
  server.peer.stream->End(StreamEnd::kClean);
  ASSERT_TRUE(server.loop.Run());
  ASSERT_TRUE(server.owner.closed);
  EXPECT_EQ(server.owner.closed->code, ErrorCode::kHandshakeFailed);
  EXPECT_THAT(server.owner.closed->detail, testing::HasSubstr("during the handshake"));
}

TEST(Handshake, AResetIsAReset) {
  OurServer server;
  server.PeerSends(std::string("\x16\x03\x01\x02\x00", 5));
  server.peer.stream->Abort();
  ASSERT_TRUE(server.loop.Run());
  ASSERT_TRUE(server.owner.closed);
  EXPECT_EQ(server.owner.closed->code, ErrorCode::kReset);
}

TEST(Handshake, NoCommonVersion) {
  ServerSettings server_settings = World::Get().Server();
  server_settings.tls.min_version = TlsVersion::k13;
  ClientSettings client_settings = World::Get().Client();
  client_settings.tls.max_version = TlsVersion::k12;
  auto server_context = MakeServer(server_settings);
  auto client_context = MakeClient(client_settings);
  Link link(*server_context, *client_context);
  link.Run();
  ASSERT_TRUE(link.client.closed && link.server.closed);
  EXPECT_EQ(link.server.closed->detail, "unsupported protocol");
  EXPECT_EQ(link.client.closed->detail, "peer sent alert protocol_version");
  EXPECT_EQ(link.client.closed->code, ErrorCode::kHandshakeFailed);
}

TEST(Handshake, NoCommonGroup) {
  ServerSettings server_settings = World::Get().Server();
  server_settings.tls.groups = {KeyExchangeGroup::kP384};
  ClientSettings client_settings = World::Get().Client();
  client_settings.tls.groups = {KeyExchangeGroup::kX25519};
  auto server_context = MakeServer(server_settings);
  auto client_context = MakeClient(client_settings);
  Link link(*server_context, *client_context);
  link.Run();
  ASSERT_TRUE(link.client.closed && link.server.closed);
  EXPECT_EQ(link.server.closed->code, ErrorCode::kHandshakeFailed);
  EXPECT_EQ(link.server.closed->detail, "no shared group");
}

struct AlpnCase {
  std::vector<std::string> server, client;
  bool required;
  bool works;
  const char* agreed;
};

TEST(Alpn, Overlap) {
  const AlpnCase cases[] = {
      {{"smtp"}, {"smtp"}, false, true, "smtp"},
      {{"b", "a"}, {"a", "b"}, false, true, "b"},  // the server's order decides
      {{"smtp"}, {"imap", "http/1.1"}, false, false, ""},
      {{"smtp"}, {}, false, true, ""},
      {{"smtp"}, {}, true, false, ""},
      {{}, {"imap"}, false, true, ""},
      {{}, {"imap"}, true, true, ""},
  };
  for (const auto& each : cases) {
    for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
      ServerSettings server_settings = World::Get().Server();
      server_settings.alpn = each.server;
      server_settings.alpn_required = each.required;
      ClientSettings client_settings = World::Get().Client();
      client_settings.alpn = each.client;
      client_settings.tls.max_version = version;
      auto server_context = MakeServer(server_settings);
      auto client_context = MakeClient(client_settings);
      Link link(*server_context, *client_context);
      link.Run();
      EXPECT_EQ(link.established(), each.works);
      if (each.works) {
        EXPECT_EQ(link.client.info->alpn, each.agreed);
        EXPECT_EQ(link.server.info->alpn, each.agreed);
      } else {
        EXPECT_EQ(link.client.closed->detail, "peer sent alert no_application_protocol");
        EXPECT_EQ(link.server.closed->detail, "no application protocol");
        EXPECT_EQ(link.server.closed->code, ErrorCode::kHandshakeFailed);
      }
    }
  }
}

// A client that requires ALPN sends no data to a server that selects nothing.
TEST(Alpn, DemandedByTheClient) {
  for (const auto& [server, works] : {std::pair{std::vector<std::string>{"postgresql"}, true}, {{}, false}}) {
    for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
      ServerSettings server_settings = World::Get().Server();
      server_settings.alpn = server;
      ClientSettings client_settings = World::Get().Client();
      client_settings.alpn = {"postgresql"};
      client_settings.alpn_required = true;
      client_settings.tls.max_version = version;
      auto server_context = MakeServer(server_settings);
      auto client_context = MakeClient(client_settings);
      Link link(*server_context, *client_context);
      link.Run();
      EXPECT_EQ(link.client.info.has_value(), works);
      if (works) continue;
      ASSERT_TRUE(link.client.closed);
      EXPECT_EQ(link.client.closed->code, ErrorCode::kHandshakeFailed);
      EXPECT_EQ(link.client.closed->detail, "the server selected no application protocol (ALPN)");
    }
  }
}

class Tampered : public testing::TestWithParam<TlsVersion> {
 protected:
  Tampered() {
    ServerSettings server_settings = World::Get().Server();
    server_settings.tls.min_version = server_settings.tls.max_version = GetParam();
    server_context = MakeServer(server_settings);
    client_context = MakeClient(World::Get().Client());
  }
  std::unique_ptr<ServerContext> server_context;
  std::unique_ptr<ClientContext> client_context;
};

TEST_P(Tampered, ARecordThatDoesNotOpenEndsItAfterAllBeforeIt) {
  Link link(*server_context, *client_context);
  link.Run();
  ASSERT_TRUE(link.established());
  const size_t start = link.pair.a_to_b().size();
  link.pair.TamperWithAToB([&](std::string& bytes, size_t offset) {
    const size_t target = start + 40000;  // in the third record
    if (offset <= target && target < offset + bytes.size()) bytes[target - offset] ^= 1;
  });
  link.client.Send(Pattern(100000));
  link.Run();
  EXPECT_TRUE(link.server.received == Pattern(32768));
  ASSERT_TRUE(link.server.closed);
  EXPECT_EQ(link.server.closed->code, ErrorCode::kTls);
  EXPECT_EQ(link.server.closed->detail, "decryption failed or bad record mac");
  EXPECT_FALSE(link.server.end);
  ASSERT_TRUE(link.client.closed);
  EXPECT_EQ(link.client.closed->detail, "peer sent alert bad_record_mac");
  EXPECT_EQ(link.client.closed->code, ErrorCode::kTls);
}

TEST_P(Tampered, WhatWasAuthenticatedWaitsForAReaderThatPauses) {
  Link link(*server_context, *client_context);
  link.server.read_at_once = false;
  link.Run();
  const size_t start = link.pair.a_to_b().size();
  link.pair.TamperWithAToB([&](std::string& bytes, size_t offset) {
    const size_t target = start + 20000;
    if (offset <= target && target < offset + bytes.size()) bytes[target - offset] ^= 1;
  });
  bool paused = false;
  link.server.on_data = [&] { paused = true; };
  link.client.Send(Pattern(30000));
  link.Run();
  EXPECT_FALSE(paused);
  EXPECT_FALSE(link.server.closed);
  link.server.stream->SetReading(true);
  link.Run();
  EXPECT_TRUE(link.server.received == Pattern(16384));
  ASSERT_TRUE(link.server.closed);
  EXPECT_EQ(link.server.closed->code, ErrorCode::kTls);
}

TEST_P(Tampered, AResetComesAfterTheData) {
  Link link(*server_context, *client_context);
  link.Run();
  link.client.Send(Pattern(50000));
  link.server.on_data = [&] { link.server.stream->SetReading(false); };
  link.Run();
  link.client.stream->Abort();
  link.Run();
  EXPECT_TRUE(link.server.received == Pattern(50000));
  ASSERT_TRUE(link.server.closed);
  EXPECT_EQ(link.server.closed->code, ErrorCode::kReset);
  EXPECT_FALSE(link.server.end);
}

TEST_P(Tampered, APeerThatLeavesWithoutWaitingForOurCloseNotify) {
  Link link(*server_context, *client_context);
  link.Run();
  link.client.Send("bye");
  link.client.stream->End(StreamEnd::kClean);
  ASSERT_TRUE(link.loop.Run());
  link.client.stream.reset();  // our next bytes cause a reset
  EXPECT_EQ(link.server.end, StreamEnd::kClean);
  link.server.stream->End(StreamEnd::kClean);
  link.Run();
  ASSERT_TRUE(link.server.closed);
  EXPECT_EQ(link.server.closed->code, ErrorCode::kNone) << link.server.closed->detail;
}

TEST_P(Tampered, APeerThatLeavesBeforeItsAnswerIsAReset) {
  Link link(*server_context, *client_context);
  link.Run();
  link.client.stream->End(StreamEnd::kClean);
  link.Run();
  link.client.stream.reset();
  link.server.Send("an answer that nobody gets");
  link.server.stream->End(StreamEnd::kClean);
  link.Run();
  ASSERT_TRUE(link.server.closed);
  EXPECT_EQ(link.server.closed->code, ErrorCode::kReset);
}

INSTANTIATE_TEST_SUITE_P(Both, Tampered, testing::Values(TlsVersion::k12, TlsVersion::k13));

TEST(Errors, OneSessionsErrorsAreNotAnothers) {
  auto server_context = MakeServer(World::Get().Server());
  auto client_context = MakeClient(World::Get().Client());
  Link good(*server_context, *client_context);
  good.Run();
  {
    OurServer bad;
    bad.PeerSends(std::string("\x16\x03\x01\x00\x05hello", 10));
    ASSERT_TRUE(bad.owner.closed);
  }
  good.client.Send("still here");
  good.Run();
  EXPECT_EQ(good.server.received, "still here");
  EXPECT_FALSE(good.client.closed || good.server.closed);
}

TEST(Destroyed, SilentlyAndWithWorkDeferred) {
  auto server_context = MakeServer(World::Get().Server());
  auto client_context = MakeClient(World::Get().Client());
  Link link(*server_context, *client_context);
  link.server.read_at_once = false;
  link.Run();
  link.client.Send("data");
  link.Run();
  link.server.stream->SetReading(true);  // deferred
  link.server.stream.reset();
  link.Run();
  EXPECT_EQ(link.server.received, "");
  EXPECT_FALSE(link.server.closed);
}

}  // namespace
}  // namespace starlock::tls
