// The choice of a certificate: by the requested name, then by what the client supports.

#include <openssl/ssl.h>

#include "harness.h"
#include "tls/certificate_map.h"
#include "tls/client_context_impl.h"

namespace starlock::tls {
namespace {

using KeyType = ThrowawayCa::KeyType;

std::shared_ptr<const Identity> Make(const std::vector<std::string>& names, KeyType type = KeyType::kEcdsaP256) {
  return World::Get().Make({.names = names, .key_type = type});
}

// Generating an RSA key is slow, so it is made once per process.
std::shared_ptr<const Identity> OtherRsa() {
  static const auto identity = Make({"rsa.example.org"}, KeyType::kRsa2048);
  return identity;
}

/// The first name and the key type of the certificate that a client gets; empty if the handshake fails.
struct Shown {
  std::string name, key_type;
  bool operator==(const Shown&) const = default;
};

enum class Client { kAny, kRsaOnly };

Shown Show(const std::vector<std::shared_ptr<const Identity>>& identities, const std::string& sni, TlsVersion version,
           Client kind = Client::kAny) {
  ServerSettings server_settings = World::Get().Server();
  server_settings.identities = identities;
  ClientSettings client_settings = World::Get().Client();
  client_settings.verify = Verify::kNone;
  client_settings.server_name = sni;
  client_settings.tls.max_version = version;
  auto server_context = MakeServer(server_settings);
  auto client_context = MakeClient(client_settings);
  SSL_CTX* ctx = client_context->impl().context.get();
  if (kind == Client::kRsaOnly) {
    const uint16_t algorithms[] = {SSL_SIGN_RSA_PSS_RSAE_SHA256, SSL_SIGN_RSA_PKCS1_SHA256};
    EXPECT_EQ(SSL_CTX_set_verify_algorithm_prefs(ctx, std::data(algorithms), std::size(algorithms)), 1);
    EXPECT_EQ(SSL_CTX_set_strict_cipher_list(ctx, "ECDHE-RSA-AES128-GCM-SHA256"), 1);
  }
  Link link(*server_context, *client_context);
  EXPECT_TRUE(link.loop.Run());
  if (!link.established()) return {};
  EXPECT_EQ(link.client.info->version, "TLSv" + std::string(ToString(version)));
  const PeerInfo peer = link.client.stream->peer();
  EXPECT_EQ(peer.chain.size(), 1u);
  return {peer.chain[0].names[0], peer.chain[0].key_type};
}

class Chosen : public testing::TestWithParam<TlsVersion> {};

TEST_P(Chosen, ByName) {
  const auto a = Make({"a.example.org", "A2.Example.Org"});
  const auto b = Make({"b.example.org"});
  const auto wild = Make({"*.example.org"});
  const std::vector<std::shared_ptr<const Identity>> all = {a, b, wild};
  const TlsVersion version = GetParam();
  EXPECT_EQ(Show(all, "b.example.org", version).name, "b.example.org");
  EXPECT_EQ(Show(all, "B.EXAMPLE.org", version).name, "b.example.org");
  EXPECT_EQ(Show(all, "a2.example.org", version).name, "a.example.org");
  EXPECT_EQ(Show(all, "c.example.org", version).name, "*.example.org");
  EXPECT_EQ(Show(all, "x.c.example.org", version).name, "a.example.org") << "a wildcard stands for one label";
  EXPECT_EQ(Show(all, "example.org", version).name, "a.example.org");
  EXPECT_EQ(Show(all, "", version).name, "a.example.org") << "no SNI: the first one";
  EXPECT_EQ(Show(all, "192.0.2.1", version).name, "a.example.org") << "an address is not sent as SNI";
}

TEST_P(Chosen, ByWhatTheClientCanVerify) {
  const TlsVersion version = GetParam();
  const World& world = World::Get();
  for (const auto& both : {std::vector{world.ecdsa, world.rsa}, std::vector{world.rsa, world.ecdsa}}) {
    EXPECT_EQ(Show(both, "mail.example.org", version).key_type, "ECDSA P-256");
    EXPECT_EQ(Show(both, "mail.example.org", version, Client::kRsaOnly).key_type, "RSA 2048");
    EXPECT_EQ(Show(both, "", version).key_type, "ECDSA P-256");
    EXPECT_EQ(Show(both, "", version, Client::kRsaOnly).key_type, "RSA 2048");
    EXPECT_EQ(Show(both, "unknown.example.net", version, Client::kRsaOnly).key_type, "RSA 2048");
  }
}

TEST_P(Chosen, AnotherNamesKeyIsBetterThanNoAnswer) {
  const TlsVersion version = GetParam();
  const std::vector<std::shared_ptr<const Identity>> identities = {World::Get().ecdsa, OtherRsa()};
  EXPECT_EQ(Show(identities, "mail.example.org", version), (Shown{"mail.example.org", "ECDSA P-256"}));
  EXPECT_EQ(Show(identities, "mail.example.org", version, Client::kRsaOnly), (Shown{"rsa.example.org", "RSA 2048"}));
}

TEST_P(Chosen, NothingThatTheClientCanVerify) {
  EXPECT_EQ(Show({World::Get().ecdsa}, "mail.example.org", GetParam(), Client::kRsaOnly), (Shown{}));
}

TEST_P(Chosen, LargerCurves) {
  const auto p384 = Make({"mail.example.org"}, KeyType::kEcdsaP384);
  ServerSettings server_settings = World::Get().Server();
  server_settings.identities = {p384};
  ClientSettings client_settings = World::Get().Client();
  client_settings.tls.max_version = GetParam();
  client_settings.tls.groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256, KeyExchangeGroup::kP384};
  auto server_context = MakeServer(server_settings);
  auto client_context = MakeClient(client_settings);
  Link link(*server_context, *client_context);
  link.Run();
  ASSERT_TRUE(link.established());
  EXPECT_EQ(link.client.stream->peer().chain[0].key_type, "ECDSA P-384");
}

INSTANTIATE_TEST_SUITE_P(Both, Chosen, testing::Values(TlsVersion::k12, TlsVersion::k13));

TEST(CertificateMap, Order) {
  const World& world = World::Get();
  const auto wild = Make({"*.example.org"});
  const CertificateMap map({world.rsa, wild, world.ecdsa, OtherRsa()});
  using List = CertificateMap::Identities;
  EXPECT_EQ(map.defaults(), (List{world.ecdsa.get(), world.rsa.get(), wild.get()}));
  const List found = map.For("mail.example.org.");
  ASSERT_GE(found.size(), 3u);
  EXPECT_EQ(List(found.begin(), found.begin() + 3), (List{world.ecdsa.get(), world.rsa.get(), wild.get()}));
  EXPECT_EQ(map.For("rsa.example.org").front(), OtherRsa().get());
  EXPECT_EQ(map.For("nowhere.example.net"), map.defaults());
}

}  // namespace
}  // namespace starlock::tls
