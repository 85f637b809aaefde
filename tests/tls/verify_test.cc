// Verification in the client role: what is accepted, the errors, and the report about the server.

#include "harness.h"

namespace starlock::tls {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using Verification = PeerInfo::Verification;

struct Result {
  bool established = false;
  std::optional<Error> client, server;
  PeerInfo peer;
};

Result Connect(std::shared_ptr<const Identity> identity, const ClientSettings& settings) {
  ServerSettings server_settings = World::Get().Server();
  server_settings.identities = {std::move(identity)};
  auto server_context = MakeServer(server_settings);
  auto client_context = MakeClient(settings);
  Link link(*server_context, *client_context);
  EXPECT_TRUE(link.loop.Run());
  return {link.established(), link.client.closed, link.server.closed, link.client.stream->peer()};
}

ClientSettings Settings(Verify verify, const std::string& name = "mail.example.org") {
  ClientSettings settings = World::Get().Client();
  settings.verify = verify;
  settings.server_name = name;
  return settings;
}

void ExpectRefused(const Result& result, const std::string& reason, const std::string& alert) {
  EXPECT_FALSE(result.established);
  ASSERT_TRUE(result.client);
  EXPECT_EQ(result.client->code, ErrorCode::kVerifyFailed);
  EXPECT_EQ(result.client->detail, reason);
  EXPECT_EQ(result.peer.verification, Verification::kFailed);
  EXPECT_EQ(result.peer.reason, reason);
  EXPECT_EQ(result.peer.chain.size(), 1u) << "what was learnt must be told all the same";
  ASSERT_TRUE(result.server);
  EXPECT_EQ(result.server->detail, "peer sent alert " + alert);
}

std::shared_ptr<const Identity> Expired() {
  return World::Get().Make({.names = {"mail.example.org"}, .begins = hours(-48), .ends = hours(-1)});
}

std::shared_ptr<const Identity> Foreign() {
  const PemPair pem = std::move(World::Get().stranger->Issue({.names = {"mail.example.org"}})).value();
  return std::move(Identity::FromPem(pem.chain, pem.key)).value();
}

class BothVersions : public testing::TestWithParam<TlsVersion> {
 protected:
  ClientSettings Settings(Verify verify, const std::string& name = "mail.example.org") const {
    ClientSettings settings = tls::Settings(verify, name);
    settings.tls.max_version = GetParam();
    return settings;
  }
};

TEST_P(BothVersions, Good) {
  const Result result = Connect(World::Get().ecdsa, Settings(Verify::kFull));
  EXPECT_TRUE(result.established);
  EXPECT_EQ(result.peer.verification, Verification::kPassed);
  ASSERT_EQ(result.peer.chain.size(), 1u);
  const CertificateInfo& leaf = result.peer.chain[0];
  EXPECT_EQ(leaf.subject, "CN=mail.example.org");
  EXPECT_EQ(leaf.issuer, "CN=Test authority");
  EXPECT_EQ(leaf.names, (std::vector<std::string>{"mail.example.org", "192.0.2.1"}));
  EXPECT_EQ(leaf.key_type, "ECDSA P-256");
  EXPECT_EQ(leaf.pin, World::Get().ecdsa->certificate().pin);
}

TEST_P(BothVersions, Expired) {
  ExpectRefused(Connect(Expired(), Settings(Verify::kFull)), "certificate has expired", "certificate_expired");
  ExpectRefused(Connect(Expired(), Settings(Verify::kChain)), "certificate has expired", "certificate_expired");
  EXPECT_TRUE(Connect(Expired(), Settings(Verify::kNone)).established);
}

TEST_P(BothVersions, NotYetValid) {
  const auto early = World::Get().Make({.names = {"mail.example.org"}, .begins = hours(1), .ends = hours(2)});
  ExpectRefused(Connect(early, Settings(Verify::kFull)), "certificate is not yet valid", "certificate_expired");
}

TEST_P(BothVersions, WrongName) {
  ExpectRefused(Connect(World::Get().ecdsa, Settings(Verify::kFull, "other.example.org")),
                "the certificate is not for other.example.org", "bad_certificate");
  EXPECT_TRUE(Connect(World::Get().ecdsa, Settings(Verify::kChain, "other.example.org")).established);
}

TEST_P(BothVersions, UnknownAuthority) {
  ExpectRefused(Connect(Foreign(), Settings(Verify::kFull)), "unable to get local issuer certificate", "unknown_ca");
  ExpectRefused(Connect(Foreign(), Settings(Verify::kChain)), "unable to get local issuer certificate", "unknown_ca");
  const Result none = Connect(Foreign(), Settings(Verify::kNone));
  EXPECT_TRUE(none.established);
  EXPECT_EQ(none.peer.verification, Verification::kNotDone);
  EXPECT_EQ(none.peer.chain.size(), 1u);
}

TEST_P(BothVersions, Pins) {
  const SpkiPin leaf = World::Get().ecdsa->certificate().pin;
  const SpkiPin other = World::Get().rsa->certificate().pin;
  for (const Verify verify : {Verify::kFull, Verify::kChain, Verify::kNone}) {
    ClientSettings settings = Settings(verify);
    settings.pins = {other, leaf};
    const Result good = Connect(World::Get().ecdsa, settings);
    EXPECT_TRUE(good.established);
    EXPECT_EQ(good.peer.verification, Verification::kPassed);
    settings.pins = {other};
    ExpectRefused(Connect(World::Get().ecdsa, settings), "no pinned key in the server's chain", "bad_certificate");
  }
  ClientSettings settings = Settings(Verify::kNone);
  settings.pins = {Foreign()->certificate().pin};
  ExpectRefused(Connect(Foreign(), settings), "no pinned key in the server's chain", "bad_certificate");
}

TEST_P(BothVersions, ToldRatherThanEnforced) {
  ClientSettings settings = Settings(Verify::kFull);
  settings.enforce = false;
  const Result refused = Connect(Expired(), settings);
  EXPECT_TRUE(refused.established);
  EXPECT_EQ(refused.peer.verification, Verification::kFailed);
  EXPECT_EQ(refused.peer.reason, "certificate has expired");
  EXPECT_EQ(refused.peer.chain.size(), 1u);
  EXPECT_EQ(Connect(World::Get().ecdsa, settings).peer.verification, Verification::kPassed);
}

INSTANTIATE_TEST_SUITE_P(Both, BothVersions, testing::Values(TlsVersion::k12, TlsVersion::k13));

TEST(Names, AddressesAreMatchedAsSuch) {
  EXPECT_TRUE(Connect(World::Get().ecdsa, Settings(Verify::kFull, "192.0.2.1")).established);
  ExpectRefused(Connect(World::Get().ecdsa, Settings(Verify::kFull, "192.0.2.2")),
                "the certificate is not for 192.0.2.2", "bad_certificate");
  // An address in a dNSName does not match.
  const auto v6 = World::Get().Make({.names = {"2001:db8::1"}});
  EXPECT_TRUE(Connect(v6, Settings(Verify::kFull, "2001:db8::1")).established);
  EXPECT_TRUE(Connect(v6, Settings(Verify::kFull, "2001:DB8:0::1")).established);
}

TEST(Names, WildcardsStandForOneWholeLabel) {
  const auto wild = World::Get().Make({.names = {"*.example.org"}});
  EXPECT_TRUE(Connect(wild, Settings(Verify::kFull, "mail.example.org")).established);
  EXPECT_TRUE(Connect(wild, Settings(Verify::kFull, "Mail.Example.ORG.")).established);
  EXPECT_FALSE(Connect(wild, Settings(Verify::kFull, "a.mail.example.org")).established);
  EXPECT_FALSE(Connect(wild, Settings(Verify::kFull, "example.org")).established);
  const auto partial = World::Get().Make({.names = {"m*.example.org"}});
  EXPECT_FALSE(Connect(partial, Settings(Verify::kFull, "mail.example.org")).established);
}

TEST(Pins, OfTheAuthorityCountOnlyWhereItReallySigned) {
  const World& world = World::Get();
  const PemPair good = std::move(world.ca->Issue({.names = {"mail.example.org"}})).value();
  const PemPair bad = std::move(world.stranger->Issue({.names = {"mail.example.org"}})).value();
  const auto with_ca = std::move(Identity::FromPem(good.chain + world.ca->certificate(), good.key)).value();
  const auto forged = std::move(Identity::FromPem(bad.chain + world.ca->certificate(), bad.key)).value();
  // The CA's pin, taken from a handshake whose chain includes it.
  const Result shown = Connect(with_ca, Settings(Verify::kNone));
  ASSERT_EQ(shown.peer.chain.size(), 2u);
  ClientSettings settings = Settings(Verify::kNone);
  settings.pins = {shown.peer.chain[1].pin};
  EXPECT_TRUE(Connect(with_ca, settings).established);
  const Result refused = Connect(forged, settings);
  EXPECT_FALSE(refused.established) << "a certificate that is merely sent along proves nothing";
  EXPECT_EQ(refused.client->code, ErrorCode::kVerifyFailed);
  // In a verified chain the CA matches even if the server does not send it.
  settings.verify = Verify::kFull;
  EXPECT_TRUE(Connect(world.ecdsa, settings).established);
}

TEST(Trust, TheServersOwnCertificateMayBeTheAnchor) {
  const PemPair pem = std::move(World::Get().stranger->Issue({.names = {"mail.example.org"}})).value();
  ClientSettings settings = Settings(Verify::kFull);
  settings.trust = World::Get().Trust(pem.chain);
  EXPECT_TRUE(Connect(std::move(Identity::FromPem(pem.chain, pem.key)).value(), settings).established);
  settings.server_name = "other.example.org";
  EXPECT_FALSE(Connect(std::move(Identity::FromPem(pem.chain, pem.key)).value(), settings).established);
}

TEST(Trust, SettingsThatCannotWork) {
  ClientSettings settings = Settings(Verify::kFull, "");
  auto context = ClientContext::Create(settings);
  ASSERT_FALSE(context.ok());
  EXPECT_THAT(context.error().detail, HasSubstr("server_name"));
  settings = Settings(Verify::kFull);
  settings.trust = nullptr;
  settings.ca_file = "/nonexistent/ca.pem";
  context = ClientContext::Create(settings);
  ASSERT_FALSE(context.ok());
  EXPECT_EQ(context.error().detail, "/nonexistent/ca.pem: No such file or directory");
  settings.verify = Verify::kNone;  // then the file is not read
  EXPECT_TRUE(ClientContext::Create(settings).ok());
}

}  // namespace
}  // namespace starlock::tls
