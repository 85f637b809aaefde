// Resumption in both roles and versions, and when it must not happen.

#include <chrono>

#include "harness.h"
#include "tls/client_context_impl.h"

namespace starlock::tls {
namespace {

using std::chrono::hours;

/// Runs one session; returns whether it was resumed.
bool Resumes(ServerContext& server, ClientContext& client) {
  Link link(server, client);
  EXPECT_TRUE(link.loop.Run());
  EXPECT_TRUE(link.established()) << (link.client.closed ? link.client.closed->detail : "open");
  if (!link.established()) return false;
  EXPECT_EQ(link.client.info->resumed, link.server.info->resumed);
  link.client.Send("ping");
  link.server.Send("pong");  // tickets travel with it
  EXPECT_TRUE(link.loop.Run());
  EXPECT_EQ(link.client.received, "pong");
  EXPECT_EQ(link.client.stream->peer().verification, PeerInfo::Verification::kPassed);
  EXPECT_EQ(link.client.stream->peer().chain.size(), 1u);
  return link.client.info->resumed;
}

class Resumption : public testing::TestWithParam<TlsVersion> {
 protected:
  ServerSettings Server() const {
    ServerSettings settings = World::Get().Server();
    settings.tls.max_version = GetParam();
    return settings;
  }
};

TEST_P(Resumption, Happens) {
  auto server = MakeServer(Server());
  auto client = MakeClient(World::Get().Client());
  EXPECT_FALSE(Resumes(*server, *client));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Resumes(*server, *client)) << i;
}

TEST_P(Resumption, NotWhereVerificationIsNotEnforced) {
  auto server = MakeServer(Server());
  ClientSettings settings = World::Get().Client();
  settings.enforce = false;
  auto client = MakeClient(settings);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Resumes(*server, *client)) << i;
}

TEST_P(Resumption, TellsTheGroupOnlyWhereOneWasUsed) {
  auto server = MakeServer(Server());
  auto client = MakeClient(World::Get().Client());
  Resumes(*server, *client);
  Link link(*server, *client);
  link.Run();
  ASSERT_TRUE(link.established());
  ASSERT_TRUE(link.client.info->resumed);
  EXPECT_EQ(link.client.info->group, GetParam() == TlsVersion::k13 ? "X25519MLKEM768" : "");
  EXPECT_EQ(link.server.info->group, link.client.info->group);
  EXPECT_EQ(link.server.info->sni, "mail.example.org");
}

TEST_P(Resumption, AcrossWorkersThatShareTheKeys) {
  const ServerSettings settings = Server();
  auto one = MakeServer(settings);
  auto two = MakeServer(settings);
  auto client = MakeClient(World::Get().Client());
  EXPECT_FALSE(Resumes(*one, *client));
  EXPECT_TRUE(Resumes(*two, *client));
  EXPECT_TRUE(Resumes(*one, *client));
  auto stranger = MakeServer(Server());  // with other ticket keys
  EXPECT_FALSE(Resumes(*stranger, *client));
}

TEST_P(Resumption, SurvivesOneRotationOfTheKeys) {
  auto now = std::chrono::steady_clock::now();
  ServerSettings settings = Server();
  settings.tickets = TicketKeys::Generate(hours(12), [&now] { return now; });
  auto server = MakeServer(settings);
  auto client = MakeClient(World::Get().Client());
  EXPECT_FALSE(Resumes(*server, *client));
  now += hours(13);
  EXPECT_TRUE(Resumes(*server, *client));
  now += hours(13);
  EXPECT_TRUE(Resumes(*server, *client)) << "the ticket must have been renewed under the newer key";
  client->impl().sessions.Clear();
  EXPECT_FALSE(Resumes(*server, *client));
  now += hours(25);
  EXPECT_FALSE(Resumes(*server, *client));
}

TEST_P(Resumption, NotWithoutTickets) {
  ServerSettings settings = Server();
  settings.tickets = nullptr;
  auto server = MakeServer(settings);
  auto client = MakeClient(World::Get().Client());
  EXPECT_FALSE(Resumes(*server, *client));
  EXPECT_FALSE(Resumes(*server, *client));
  EXPECT_EQ(client->impl().sessions.size(), 0u);
}

TEST_P(Resumption, NotUnderAnotherCertificate) {
  const World& world = World::Get();
  ServerSettings settings = Server();
  auto server = MakeServer(settings);
  settings.identities = {world.Make({.names = {"mail.example.org"}})};
  auto renewed = MakeServer(settings);
  auto client = MakeClient(world.Client());
  EXPECT_FALSE(Resumes(*server, *client));
  EXPECT_FALSE(Resumes(*renewed, *client));
}

TEST_P(Resumption, NotAroundVerification) {
  // A session made without verification is not used by a context that verifies.
  const World& world = World::Get();
  ServerSettings settings = Server();
  const PemPair pem = std::move(world.stranger->Issue({.names = {"mail.example.org"}})).value();
  settings.identities = {std::move(Identity::FromPem(pem.chain, pem.key)).value()};
  auto server = MakeServer(settings);
  ClientSettings lax = world.Client();
  lax.verify = Verify::kNone;
  auto lax_client = MakeClient(lax);
  for (const bool resumed : {false, true}) {
    Link link(*server, *lax_client);
    link.Run();
    link.server.Send("pong");
    link.Run();
    ASSERT_TRUE(link.established());
    EXPECT_EQ(link.client.info->resumed, resumed);
    EXPECT_EQ(link.client.stream->peer().verification, PeerInfo::Verification::kNotDone);
  }
  auto strict_client = MakeClient(world.Client());
  Link link(*server, *strict_client);
  link.Run();
  EXPECT_FALSE(link.established());
  EXPECT_EQ(link.client.closed->code, ErrorCode::kVerifyFailed);
  EXPECT_EQ(strict_client->impl().sessions.size(), 0u);
}

TEST_P(Resumption, KeepsFew) {
  auto server = MakeServer(Server());
  auto client = MakeClient(World::Get().Client());
  for (int i = 0; i < 12; ++i) {
    Link link(*server, *client);
    link.Run();
    link.server.Send("pong");
    link.Run();
  }
  EXPECT_LE(client->impl().sessions.size(), SessionCache::kMax);
  EXPECT_GE(client->impl().sessions.size(), 1u);
}

// An FTP data connection must resume a session of its own control connection, every time.
TEST_P(Resumption, InAFamily) {
  auto server = MakeServer(Server());
  auto client = MakeClient(World::Get().Client());
  EXPECT_FALSE(Resumes(*server, *client));
  const size_t others = client->impl().sessions.size();
  for (int control = 0; control < 2; ++control) {
    const auto family = std::make_shared<SessionFamily>();
    Link first(*server, *client, {}, family);
    first.Run();
    first.server.Send("pong");
    first.Run();
    ASSERT_TRUE(first.established());
    EXPECT_FALSE(first.client.info->resumed);
    for (int data = 0; data < 5; ++data) {
      Link link(*server, *client, {}, family);
      link.Run();
      ASSERT_TRUE(link.established());
      EXPECT_TRUE(link.client.info->resumed) << data;
    }
  }
  EXPECT_EQ(client->impl().sessions.size(), others);
}

// X2: in the server role a family's sessions resume inside it alone, whatever a client offers.
TEST_P(Resumption, OnlyInsideAServersFamily) {
  auto server = MakeServer(Server());
  auto client = MakeClient(World::Get().Client());
  const auto resumes = [&](const std::shared_ptr<SessionFamily>& family) {
    Link link(*server, *client, {}, nullptr, family);
    link.Run();
    link.server.Send("pong");
    link.Run();
    EXPECT_TRUE(link.established());
    EXPECT_EQ(link.server.info->resumed, link.client.info->resumed);
    return link.server.info->resumed;
  };
  const auto one = std::make_shared<SessionFamily>();
  const auto other = std::make_shared<SessionFamily>();
  EXPECT_FALSE(resumes(one));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(resumes(one)) << i;
  EXPECT_FALSE(resumes(other));
  EXPECT_TRUE(resumes(other));
  EXPECT_FALSE(resumes(nullptr)) << "nor outside any family";
  EXPECT_TRUE(resumes(nullptr));
  EXPECT_FALSE(resumes(one));
}

// A stranger's full handshake does not make it a member, although it completes.
TEST_P(Resumption, AFamilyAdoptsNoStranger) {
  ServerSettings settings = Server();
  settings.session_ids = true;
  auto server = MakeServer(settings);
  const auto family = std::make_shared<SessionFamily>();
  auto client = MakeClient(World::Get().Client());
  auto stranger = MakeClient(World::Get().Client());
  const auto resumes = [&](ClientContext& peer) {
    Link link(*server, peer, {}, nullptr, family);
    link.Run();
    link.server.Send("pong");
    link.Run();
    EXPECT_TRUE(link.established());
    return link.server.info->resumed;
  };
  EXPECT_FALSE(resumes(*client));
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(resumes(*stranger)) << i;
    EXPECT_TRUE(resumes(*client)) << i;
  }
}

// curl uses no tickets in TLS 1.2.
TEST(Sessions, OfAFamilyResumeById) {
  const World& world = World::Get();
  for (const bool session_ids : {true, false}) {
    ServerSettings settings = world.Server();
    settings.tls.max_version = TlsVersion::k12;
    settings.session_ids = session_ids;
    auto server = MakeServer(settings);
    auto client = MakeClient(world.Client());
    auto stranger = MakeClient(world.Client());
    for (auto* each : {&client, &stranger}) SSL_CTX_set_options((*each)->impl().context.get(), SSL_OP_NO_TICKET);
    const auto family = std::make_shared<SessionFamily>();
    const auto other = std::make_shared<SessionFamily>();
    const auto resumes = [&](ClientContext& peer, const std::shared_ptr<SessionFamily>& in) {
      Link link(*server, peer, {}, nullptr, in);
      link.Run();
      EXPECT_TRUE(link.established());
      return link.server.info->resumed;
    };
    EXPECT_FALSE(resumes(*client, family));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(resumes(*client, family), session_ids) << i;
      EXPECT_FALSE(resumes(*stranger, family)) << i;
    }
    EXPECT_FALSE(resumes(*client, other));
    EXPECT_FALSE(resumes(*stranger, nullptr));
    EXPECT_FALSE(resumes(*stranger, nullptr)) << "no cache outside families";
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Resumption, testing::Values(TlsVersion::k12, TlsVersion::k13));

TEST(Sessions, OfTls13AreUsedOnce) {
  auto server = MakeServer(World::Get().Server());
  auto client = MakeClient(World::Get().Client());
  Resumes(*server, *client);
  const size_t had = client->impl().sessions.size();
  ASSERT_GE(had, 2u);
  Link one(*server, *client), two(*server, *client);
  EXPECT_EQ(client->impl().sessions.size(), had - 2);
  one.Run();
  two.Run();
  EXPECT_TRUE(one.client.info->resumed && two.client.info->resumed);
}

}  // namespace
}  // namespace starlock::tls
