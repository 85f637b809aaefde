// The operator's files and settings: certificates, keys, ticket keys, groups and versions. Every error names the file
// and the problem, and reveals no secret.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "harness.h"
#include "tls/names.h"
#include "tls/x509.h"

namespace starlock::tls {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::Not;

/// A temporary file.
class TempFile {
 public:
  explicit TempFile(const std::string& text) : path_(testing::TempDir() + "starlock-XXXXXX") {
    const int fd = mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(fd);
  }
  ~TempFile() { std::remove(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

PemPair Issue(const ThrowawayCa::Request& request) { return std::move(World::Get().ca->Issue(request)).value(); }

TEST(Identity, Loads) {
  const PemPair pem = Issue({.names = {"a.example.org", "b.example.org", "2001:db8::1"}, .ends = hours(48)});
  const TempFile chain(pem.chain + World::Get().ca->certificate()), key(pem.key);
  auto identity = Identity::Load(chain.path(), key.path());
  ASSERT_TRUE(identity.ok()) << identity.error().detail;
  const CertificateInfo& leaf = (*identity)->certificate();
  EXPECT_EQ(leaf.subject, "CN=a.example.org");
  EXPECT_EQ(leaf.issuer, "CN=Test authority");
  EXPECT_EQ(leaf.names, (std::vector<std::string>{"a.example.org", "b.example.org", "2001:db8::1"}));
  EXPECT_EQ(leaf.key_type, "ECDSA P-256");
  EXPECT_TRUE((*identity)->ecdsa());
  const auto left = leaf.not_after - std::chrono::system_clock::now();
  EXPECT_GT(left, hours(47));
  EXPECT_LE(left, hours(48));
  EXPECT_FALSE(World::Get().rsa->ecdsa());
  EXPECT_EQ(World::Get().rsa->certificate().key_type, "RSA 2048");
}

TEST(Identity, ChainAndKeyInOneFile) {
  const PemPair pem = Issue({.names = {"a.example.org"}});
  for (const std::string& text :
       {pem.key + pem.chain, pem.chain + pem.key, "# comment\n" + pem.chain + "x\n" + pem.key}) {
    const TempFile both(text);
    auto identity = Identity::Load(both.path(), both.path());
    EXPECT_TRUE(identity.ok()) << identity.error().detail;
  }
}

TEST(Identity, MistakesAreTold) {
  const PemPair one = Issue({.names = {"a.example.org"}});
  const PemPair two = Issue({.names = {"b.example.org"}});
  const auto detail = [](const std::string& chain, const std::string& key) {
    auto identity = Identity::FromPem(chain, key);
    EXPECT_FALSE(identity.ok());
    EXPECT_EQ(identity.error().code, ErrorCode::kInvalid);
    return identity.error().detail;
  };
  EXPECT_EQ(detail(one.chain, two.key), "key: the private key does not match the first certificate of chain");
  EXPECT_THAT(detail(two.chain + one.chain, one.key), HasSubstr("the server's own certificate must come first"));
  EXPECT_EQ(detail("", one.key), "chain: no certificate in PEM form");
  EXPECT_EQ(detail(one.key, one.key), "chain: no certificate in PEM form");
  EXPECT_EQ(detail(one.chain, one.chain), "key: no private key in PEM form");
  EXPECT_THAT(detail("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", one.key),
              HasSubstr("chain: certificate 1 cannot be read"));
  EXPECT_THAT(detail(one.chain + one.chain.substr(0, 200), one.key), HasSubstr("chain: certificate 2 cannot be read"));
  EXPECT_EQ(detail(one.chain, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            "key: the private key cannot be read");
  const std::string encrypted =
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
      "00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END EC PRIVATE "
      "KEY-----\n";
  EXPECT_THAT(detail(one.chain, encrypted), HasSubstr("pass phrase"));
}

TEST(Identity, FilesAreNamed) {
  const PemPair pem = Issue({.names = {"a.example.org"}});
  const TempFile chain(pem.chain), key(pem.key), empty("");
  EXPECT_EQ(Identity::Load("/nonexistent.pem", key.path()).error().detail,
            "/nonexistent.pem: No such file or directory");
  EXPECT_EQ(Identity::Load(chain.path(), "/nonexistent.key").error().detail,
            "/nonexistent.key: No such file or directory");
  EXPECT_EQ(Identity::Load(empty.path(), key.path()).error().detail, empty.path() + ": no certificate in PEM form");
  EXPECT_EQ(Identity::Load(chain.path(), empty.path()).error().detail, empty.path() + ": no private key in PEM form");
  EXPECT_EQ(Identity::Load("/tmp", key.path()).error().detail, "/tmp: Is a directory");
}

std::string Base64Key(char fill) { return std::string(64, fill); }  // 64 characters of the alphabet are 48 bytes

TEST(TicketKeys, Load) {
  const TempFile file("# ours\n\n" + Base64Key('A') + "\r\n" + Base64Key('B') + "\n  " + Base64Key('C') + "  ");
  auto keys = TicketKeys::Load(file.path());
  ASSERT_TRUE(keys.ok()) << keys.error().detail;
  const TicketKeys::Key first = (*keys)->current();
  EXPECT_EQ(first.bytes[0], 0);
  EXPECT_FALSE((*keys)->Find(first.name())->renew);
  const std::vector<uint8_t> second(16, 0);
  std::vector<uint8_t> name = {0x04, 0x10, 0x41};
  for (size_t i = 0; name.size() < 16; ++i) name.push_back(name[i]);
  const auto found = (*keys)->Find(name);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->renew);
  EXPECT_FALSE((*keys)->Find(std::vector<uint8_t>(16, 0xff)));
}

TEST(TicketKeys, MistakesAreToldByLine) {
  const auto detail = [](const std::string& text) {
    const TempFile file(text);
    auto keys = TicketKeys::Load(file.path());
    EXPECT_FALSE(keys.ok());
    std::string said = keys.error().detail;
    EXPECT_TRUE(said.starts_with(file.path()));
    return said.substr(file.path().size());
  };
  EXPECT_THAT(detail(Base64Key('A') + "\nc2VjcmV0\n"), HasSubstr(":2: must be the base64 of 48 bytes"));
  EXPECT_THAT(detail("c2VjcmV0\n"), Not(HasSubstr("c2VjcmV0")));
  EXPECT_THAT(detail("\n\n" + std::string(64, '!')), HasSubstr(":3: "));
  EXPECT_THAT(detail(Base64Key('A') + "\n" + Base64Key('A')), HasSubstr(":2: this key is listed twice"));
  EXPECT_THAT(detail("# nothing\n"), HasSubstr(": contains no key"));
  EXPECT_EQ(TicketKeys::Load("/nonexistent").error().detail, "/nonexistent: No such file or directory");
}

TEST(TicketKeys, RotateByTime) {
  auto now = std::chrono::steady_clock::now();
  const auto keys = TicketKeys::Generate(hours(12), [&now] { return now; });
  const TicketKeys::Key first = keys->current();
  now += hours(11);
  EXPECT_EQ(keys->current().bytes, first.bytes);
  now += hours(2);
  const TicketKeys::Key second = keys->current();
  EXPECT_NE(second.bytes, first.bytes);
  ASSERT_TRUE(keys->Find(first.name()));
  EXPECT_TRUE(keys->Find(first.name())->renew);
  EXPECT_FALSE(keys->Find(second.name())->renew);
  now += hours(12);
  EXPECT_FALSE(keys->Find(first.name()));
  EXPECT_TRUE(keys->Find(second.name())->renew);
  now += hours(100);
  EXPECT_FALSE(keys->Find(second.name()));
}

TEST(TicketKeys, ManyThreads) {
  const auto keys = TicketKeys::Generate(std::chrono::seconds(1));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&keys] {
      for (int n = 0; n < 2000; ++n) {
        const TicketKeys::Key key = keys->current();
        EXPECT_TRUE(keys->Find(key.name()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(TrustStore, SaysWhatItLoaded) {
  const World& world = World::Get();
  const TempFile file(world.ca->certificate() + world.stranger->certificate());
  auto store = TrustStore::Load(file.path());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->path(), file.path());
  EXPECT_EQ((*store)->size(), 2u);
  const TempFile empty("none");
  EXPECT_EQ(TrustStore::Load(empty.path()).error().detail, empty.path() + ": no certificate in PEM form");
  const TempFile broken("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(TrustStore::Load(broken.path()).error().detail, HasSubstr(broken.path() + ": certificate 1 cannot be"));
}

TEST(TrustStore, TheSystemsCanBeNamedByTheEnvironment) {
  const TempFile file(World::Get().ca->certificate());
  ASSERT_EQ(setenv("SSL_CERT_FILE", file.path().c_str(), 1), 0);
  auto store = TrustStore::Load("");
  ASSERT_EQ(unsetenv("SSL_CERT_FILE"), 0);
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->path(), file.path());
}

TEST(Settings, NamesOfGroupsAndVersions) {
  std::vector<uint16_t> ids;
  for (const auto& [name, group] : kKeyExchangeGroupWords) ids.push_back(WireId(group));
  EXPECT_EQ(ids, (std::vector<uint16_t>{0x11ec, 29, 23, 24, 25}));
  EXPECT_EQ(WireId(TlsVersion::k12), 0x0303);
  EXPECT_EQ(WireId(TlsVersion::k13), 0x0304);
  ServerSettings settings = World::Get().Server();
  settings.tls.min_version = TlsVersion::k13;
  settings.tls.max_version = TlsVersion::k12;
  EXPECT_EQ(ServerContext::Create(settings).error().detail, "min_version 1.3 is above max_version 1.2");
  settings = World::Get().Server();
  settings.tls.groups.clear();
  EXPECT_EQ(ServerContext::Create(settings).error().detail, "groups: at least one is needed");
  settings.tls.groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kX25519};
  EXPECT_FALSE(ServerContext::Create(settings).ok());
  settings = World::Get().Server();
  settings.identities.clear();
  EXPECT_FALSE(ServerContext::Create(settings).ok());
  settings = World::Get().Server();
  settings.alpn = {std::string(256, 'x')};
  EXPECT_FALSE(ServerContext::Create(settings).ok());
}

TEST(ServerNames, Normalised) {
  EXPECT_EQ(NormalName("Mail.Example.ORG."), "mail.example.org");
  EXPECT_EQ(WildcardOf("mail.example.org"), "*.example.org");
  EXPECT_EQ(WildcardOf("localhost"), "");
  EXPECT_EQ(WildcardOf(""), "");
}

}  // namespace
}  // namespace starlock::tls
