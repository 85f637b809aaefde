// Two TLS streams connected to each other: for every version, group and segmentation of the transport, all data
// arrives, and no memory is held afterwards.

#include <tuple>

#include "harness.h"

namespace starlock::tls {
namespace {

using buffer::StreamEnd;

struct Contexts {
  explicit Contexts(TlsVersion version, const std::vector<KeyExchangeGroup>& groups = {KeyExchangeGroup::kX25519,
                                                                                       KeyExchangeGroup::kP256}) {
    ServerSettings server_settings = World::Get().Server();
    ClientSettings client_settings = World::Get().Client();
    for (CommonSettings* settings :
         {static_cast<CommonSettings*>(&server_settings), static_cast<CommonSettings*>(&client_settings)}) {
      settings->tls.min_version = settings->tls.max_version = version;
      settings->tls.groups = groups;
    }
    server = MakeServer(server_settings);
    client = MakeClient(client_settings);
  }
  std::unique_ptr<ServerContext> server;
  std::unique_ptr<ClientContext> client;
};

void CloseBoth(Link& link) {
  link.client.stream->End(StreamEnd::kClean);
  link.Run();
  EXPECT_EQ(link.server.end, StreamEnd::kClean);
  EXPECT_FALSE(link.server.closed);
  link.server.stream->End(StreamEnd::kClean);
  link.Run();
  EXPECT_EQ(link.client.end, StreamEnd::kClean);
  ASSERT_TRUE(link.client.closed && link.server.closed);
  EXPECT_EQ(link.client.closed->code, ErrorCode::kNone) << link.client.closed->detail;
  EXPECT_EQ(link.server.closed->code, ErrorCode::kNone) << link.server.closed->detail;
}

void ExchangeAndClose(Contexts& contexts, const test::PairOptions& options, size_t size) {
  Link link(*contexts.server, *contexts.client, options);
  link.client.Send(Pattern(size));  // before the handshake: queued
  link.Run();
  ASSERT_TRUE(link.established()) << (link.client.closed ? link.client.closed->detail : "still open");
  link.server.Send(Pattern(size));
  link.client.Send("more");
  link.server.Send("more");
  link.Run();
  EXPECT_TRUE(link.server.received == Pattern(size) + "more");
  EXPECT_TRUE(link.client.received == Pattern(size) + "more");
  EXPECT_EQ(link.loop.pool().in_use(), 0u) << "an idle stream holds memory";
  CloseBoth(link);
}

class Cut : public testing::TestWithParam<std::tuple<TlsVersion, size_t>> {};

TEST_P(Cut, EveryByteArrives) {
  const auto [version, segment] = GetParam();
  Contexts contexts(version);
  for (const size_t size : {0, 1, 100, 16383, 16384, 16385, 40000, 130000}) {
    SCOPED_TRACE(size);
    ExchangeAndClose(contexts, {.segment = segment}, size);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Cut,
                         testing::Combine(testing::Values(TlsVersion::k12, TlsVersion::k13),
                                          testing::Values(1, 2, 3, 5, 6, 7, 64, 1399, 16384, 16406, 1 << 20)));

class Version : public testing::TestWithParam<TlsVersion> {};

// The offsets of the records in what one side sent.
std::vector<size_t> Boundaries(const std::string& sent) {
  std::vector<size_t> offsets;
  for (size_t at = 0; at + 5 <= sent.size();) {
    offsets.push_back(at);
    at += 5u + (static_cast<uint8_t>(sent[at + 3]) << 8u) + static_cast<uint8_t>(sent[at + 4]);
  }
  offsets.push_back(sent.size());
  return offsets;
}

TEST_P(Version, CutsAroundRecordBoundaries) {
  Contexts contexts(GetParam());
  std::vector<size_t> offsets;
  {
    Link link(*contexts.server, *contexts.client);
    link.client.Send(Pattern(20000));
    link.Run();
    link.server.Send(Pattern(20000));
    link.Run();
    for (const std::string* sent : {&link.pair.a_to_b(), &link.pair.b_to_a()}) {
      const auto found = Boundaries(*sent);
      ASSERT_GE(found.size(), 4u);
      offsets.insert(offsets.end(), found.begin(), found.end());
    }
  }
  for (const size_t offset : offsets) {
    for (const size_t first : {offset - 1, offset, offset + 1, offset + 4, offset + 5, offset + 6}) {
      for (const size_t gap : {1, 4, 5, 6, 300}) {
        ExchangeAndClose(contexts, {.cuts = {first, first + gap}}, 20000);
      }
    }
  }
}

TEST_P(Version, EverySingleCutOfTheHandshake) {
  Contexts contexts(GetParam());
  size_t longest = 0;
  {
    Link link(*contexts.server, *contexts.client);
    link.Run();
    longest = std::max(link.pair.a_to_b().size(), link.pair.b_to_a().size());
  }
  for (size_t cut = 1; cut < longest; ++cut) {
    Link link(*contexts.server, *contexts.client, {.cuts = {cut}});
    link.client.Send("ping");
    link.Run();
    ASSERT_TRUE(link.established()) << cut;
    ASSERT_EQ(link.server.received, "ping") << cut;
  }
}

TEST_P(Version, OneRecordForManyChunksAndOneWriteForAll) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client);
  link.Run();
  const size_t before = link.pair.a_to_b().size();
  buffer::Chain chain;
  for (int i = 0; i < 1000; ++i) {
    buffer::Chain small;
    small.Copy(link.loop.pool(), "0123456789");
    chain.Append(std::move(small));
  }
  link.client.stream->Write(std::move(chain));
  link.Run();
  EXPECT_EQ(link.server.received.size(), 10000u);
  EXPECT_LT(link.pair.a_to_b().size() - before, 10000u + 64);
  EXPECT_EQ(link.server.data_calls, 1);
}

TEST_P(Version, BothDirectionsAtOnce) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client, {.segment = 1000, .kernel = 5000});
  link.Run();
  const std::string forth = Pattern(200000), back = Pattern(150000);
  for (size_t at = 0; at < forth.size(); at += 7000) {
    link.client.Send(forth.substr(at, 7000));
    if (at < back.size()) link.server.Send(back.substr(at, 7000));
  }
  link.Run();
  EXPECT_TRUE(link.server.received == forth);
  EXPECT_TRUE(link.client.received == back);
  EXPECT_EQ(link.loop.pool().in_use(), 0u);
}

TEST_P(Version, OneDirectionEndsAndTheOtherGoesOn) {
  Contexts contexts(GetParam());
  for (const bool client_first : {true, false}) {
    Link link(*contexts.server, *contexts.client);
    link.Run();
    Owner& first = client_first ? link.client : link.server;
    Owner& second = client_first ? link.server : link.client;
    first.Send("last words");
    first.stream->End(StreamEnd::kClean);
    first.Send("dropped");
    link.Run();
    EXPECT_EQ(second.received, "last words");
    EXPECT_EQ(second.end, StreamEnd::kClean);
    EXPECT_FALSE(first.end);
    second.Send(Pattern(100000));
    link.Run();
    EXPECT_TRUE(first.received == Pattern(100000));
    second.stream->End(StreamEnd::kClean);
    link.Run();
    EXPECT_EQ(first.end, StreamEnd::kClean);
    ASSERT_TRUE(first.closed && second.closed);
    EXPECT_FALSE(*first.closed) << first.closed->detail;
    EXPECT_FALSE(*second.closed) << second.closed->detail;
  }
}

TEST_P(Version, TruncationIsToldApartAndPassedOn) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client);
  link.Run();
  link.client.Send(Pattern(50000));
  link.client.stream->End(StreamEnd::kTruncated);
  link.Run();
  EXPECT_TRUE(link.server.received == Pattern(50000)) << "what was authenticated must arrive";
  EXPECT_EQ(link.server.end, StreamEnd::kTruncated);
  EXPECT_FALSE(link.server.closed);
  link.server.Send("answer");
  link.server.stream->End(StreamEnd::kTruncated);
  link.Run();
  EXPECT_EQ(link.client.received, "answer");
  EXPECT_EQ(link.client.end, StreamEnd::kTruncated);
  EXPECT_TRUE(link.client.closed && !*link.client.closed);
  EXPECT_TRUE(link.server.closed && !*link.server.closed);
}

TEST_P(Version, EndBeforeTheHandshakeIsSentAfterIt) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client);
  link.client.Send("only this");
  link.client.stream->End(StreamEnd::kClean);
  link.Run();
  ASSERT_TRUE(link.established());
  EXPECT_EQ(link.server.received, "only this");
  EXPECT_EQ(link.server.end, StreamEnd::kClean);
}

TEST_P(Version, ReadingOffStopsThePeer) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client,
            {.segment = 4000, .kernel = 20000, .high_mark = 50000, .low_mark = 10000});
  link.server.read_at_once = false;
  link.Run();
  ASSERT_TRUE(link.established());
  int writes = 0;
  for (link.client.accepts = true; link.client.accepts; ++writes) link.client.Send(Pattern(10000));
  EXPECT_GT(writes, 4);
  EXPECT_LT(writes, 12);
  EXPECT_GT(link.client.stream->queued(), 50000u);
  link.Run();
  EXPECT_TRUE(link.server.received.empty());
  EXPECT_EQ(link.client.writable, 0);
  link.server.stream->SetReading(true);
  link.Run();
  EXPECT_EQ(link.server.received.size(), static_cast<size_t>(writes) * 10000);
  EXPECT_EQ(link.client.writable, 1);
  EXPECT_EQ(link.client.stream->queued(), 0u);
}

TEST_P(Version, WhatIsLeftIsShownAgainWithMoreBehindIt) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client);
  link.Run();
  struct Picky final : TlsHandler {
    void OnHandshake(const TlsInfo& /*info*/) override {}
    void OnData(buffer::Chain& in) override {
      seen.push_back(in.ToString());
      if (take == 0) stream->SetReading(false);
      in.Consume(std::min(take, in.size()));
    }
    void OnWritable() override {}
    void OnEnd(StreamEnd how) override { end = how; }
    void OnClosed(const Error& /*error*/) override {}
    TlsStream* stream = nullptr;
    size_t take = 0;
    std::vector<std::string> seen;
    std::optional<StreamEnd> end;
  } picky;
  picky.stream = link.server.stream.get();
  link.server.stream->SetHandler(&picky);
  link.client.Send("one");
  link.Run();
  link.client.Send("two");
  link.client.stream->End(StreamEnd::kClean);
  link.Run();
  EXPECT_EQ(picky.seen, std::vector<std::string>{"one"});
  EXPECT_FALSE(picky.end) << "an end is not told before the data in front of it was taken";
  picky.take = 100;
  link.server.stream->SetReading(true);
  EXPECT_EQ(picky.seen.size(), 1u) << "nothing is reported from inside a call";
  link.Run();
  ASSERT_GE(picky.seen.size(), 2u);
  std::string all;
  for (size_t i = 1; i < picky.seen.size(); ++i) all += picky.seen[i];
  EXPECT_EQ(all, "onetwo");
  EXPECT_EQ(picky.end, StreamEnd::kClean);
  link.server.stream->SetHandler(&link.server);
}

TEST_P(Version, ANewHandlerSeesWhatItsPredecessorLeft) {
  Contexts contexts(GetParam());
  Link link(*contexts.server, *contexts.client);
  struct Negotiator final : TlsHandler {
    void OnHandshake(const TlsInfo& /*info*/) override { stream->SetReading(true); }
    void OnData(buffer::Chain& in) override {
      in.Consume(5);
      stream->SetHandler(next);
    }
    void OnWritable() override {}
    void OnEnd(StreamEnd /*how*/) override {}
    void OnClosed(const Error& /*error*/) override {}
    TlsStream* stream = nullptr;
    Owner* next = nullptr;
  } negotiator;
  negotiator.stream = link.server.stream.get();
  negotiator.next = &link.server;
  link.server.info.emplace();
  link.server.stream->SetTlsHandler(&negotiator);
  link.client.Send("HELLOand the rest");
  link.Run();
  EXPECT_EQ(link.server.received, "and the rest");
}

TEST_P(Version, WhatWaitsForAReaderHoldsLittle) {
  Contexts contexts(GetParam());
  test::FakeLoop loop;
  std::vector<std::unique_ptr<test::StreamPair>> pairs;
  std::vector<std::unique_ptr<Owner>> owners;
  for (int i = 0; i < 50; ++i) {
    pairs.push_back(std::make_unique<test::StreamPair>(loop, test::PairOptions{}));
    for (int side = 0; side < 2; ++side) owners.push_back(std::make_unique<Owner>());
    Owner& server = *owners[owners.size() - 2];
    Owner& client = *owners.back();
    server.pool = client.pool = &loop.pool();
    server.read_at_once = i % 2 == 0;  // some never start reading, some stop
    server.Attach(TlsStream::Accept(*contexts.server, loop.pool(), loop, std::move(pairs.back()->b), {}, &server));
    client.Attach(TlsStream::Connect(*contexts.client, loop.pool(), loop, std::move(pairs.back()->a), &client));
    client.Send("a few bytes");
    server.leave = true;
  }
  ASSERT_TRUE(loop.Run());
  EXPECT_LE(loop.pool().in_use(), 5u) << "not a slab each";
  for (size_t i = 0; i < owners.size(); i += 2) owners[i]->stream->SetReading(true);
  ASSERT_TRUE(loop.Run());
  for (size_t i = 0; i < owners.size(); i += 2) {
    owners[i]->leave = false;
    owners[i]->stream->SetReading(true);
  }
  ASSERT_TRUE(loop.Run());
  for (size_t i = 0; i < owners.size(); i += 2) EXPECT_EQ(owners[i]->received, "a few bytes");
  EXPECT_EQ(loop.pool().in_use(), 0u);
  owners.clear();
}

TEST_P(Version, HandlersMayCallAnythingInsideCallbacks) {
  Contexts contexts(GetParam());
  {
    Link link(*contexts.server, *contexts.client);
    link.server.on_handshake = [&] { link.server.Send("greeting"); };
    link.server.on_data = [&] {
      link.server.Send("echo");
      link.server.stream->SetReading(false);
      link.server.stream->SetReading(true);
    };
    link.server.on_end = [&] { link.server.stream->End(StreamEnd::kClean); };
    link.Run();
    link.client.Send("x");
    link.client.stream->End(StreamEnd::kClean);
    link.Run();
    EXPECT_EQ(link.client.received, "greetingecho");
    EXPECT_TRUE(link.client.closed && !*link.client.closed);
  }
  {
    Link link(*contexts.server, *contexts.client);
    link.server.on_data = [&] { link.server.stream->Abort(); };
    link.Run();
    link.client.Send("x");
    link.Run();
    EXPECT_FALSE(link.server.closed) << "no call follows Abort";
    ASSERT_TRUE(link.client.closed);
    EXPECT_EQ(link.client.closed->code, ErrorCode::kReset);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Version, testing::Values(TlsVersion::k12, TlsVersion::k13));

TEST(Groups, EachWorksAndIsNamed) {
  for (const auto& [name, group] : kKeyExchangeGroupWords) {
    for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
      if (group == KeyExchangeGroup::kX25519Mlkem768 && version == TlsVersion::k12) continue;  // TLS 1.3 only
      // In TLS 1.2 the groups also restrict the curve of the certificate.
      std::vector<KeyExchangeGroup> groups = {group};
      if (group != KeyExchangeGroup::kP256) groups.push_back(KeyExchangeGroup::kP256);
      Contexts contexts(version, groups);
      Link link(*contexts.server, *contexts.client);
      link.Run();
      ASSERT_TRUE(link.established()) << name << ToString(version);
      EXPECT_EQ(link.client.info->group, name);
      EXPECT_EQ(link.server.info->group, name);
    }
  }
}

TEST(Exchange, WhatWasAgreedOn) {
  auto server_context = MakeServer(World::Get().Server());
  auto client_context = MakeClient(World::Get().Client());
  Link link(*server_context, *client_context);
  link.Run();
  ASSERT_TRUE(link.established());
  EXPECT_EQ(link.client.info->version, "TLSv1.3");
  EXPECT_EQ(link.client.info->cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(link.client.info->group, "X25519MLKEM768");
  EXPECT_EQ(link.client.info->sni, "");
  EXPECT_EQ(link.server.info->sni, "mail.example.org");
  EXPECT_FALSE(link.client.info->resumed);
}

TEST(Exchange, BytesThatCameBehindStarttlsBelongToTheHandshake) {
  Contexts contexts(TlsVersion::k13);
  std::string hello;
  {
    Link link(*contexts.server, *contexts.client);
    link.Run();
    hello = link.pair.a_to_b();
  }
  // The server has already read half of the ClientHello.
  test::FakeLoop loop;
  test::StreamPair pair(loop, {});
  Owner server, client;
  server.pool = client.pool = &loop.pool();
  client.Attach(TlsStream::Connect(*contexts.client, loop.pool(), loop, std::move(pair.a), &client));
  struct Reader final : buffer::StreamHandler {
    void OnData(buffer::Chain& in) override {
      if (bytes.empty()) bytes = std::move(in);
    }
    void OnWritable() override {}
    void OnEnd(StreamEnd /*end*/) override {}
    void OnClosed(const Error& /*error*/) override {}
    buffer::Chain bytes;
  } reader;
  pair.b->SetHandler(&reader);
  pair.b->SetReading(true);
  ASSERT_TRUE(loop.Run());
  ASSERT_FALSE(reader.bytes.empty());
  server.Attach(
      TlsStream::Accept(*contexts.server, loop.pool(), loop, std::move(pair.b), std::move(reader.bytes), &server));
  EXPECT_FALSE(server.info) << "nothing is reported from inside Accept";
  ASSERT_TRUE(loop.Run());
  EXPECT_TRUE(server.info && client.info);
}

}  // namespace
}  // namespace starlock::tls
