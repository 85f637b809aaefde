#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace starlock::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Flags Good() {
  Flags flags;
  flags.protocol = "smtp";
  flags.listen = "127.0.0.1:2525";
  flags.upstream = "mail.example.org:587";
  flags.upstream_tls = "required";
  return flags;
}

Flags WithCertificate(Flags flags = Good()) {
  flags.cert = "c.pem";
  flags.key = "k.pem";
  return flags;
}

Config Read(const Flags& flags) {
  Loaded loaded = FromFlags(flags, TestDialects());
  for (const Diagnostic& error : loaded.errors) ADD_FAILURE() << error.ToString();
  EXPECT_EQ(loaded.ok() ? loaded.config->listeners.size() : 0, 1U);
  return loaded.config.value_or(Config{});
}

std::vector<std::string> Errors(const Flags& flags) {
  const Loaded loaded = FromFlags(flags, TestDialects());
  EXPECT_FALSE(loaded.ok());
  std::vector<std::string> lines;
  for (const Diagnostic& error : loaded.errors) lines.push_back(error.ToString());
  return lines;
}

TEST(FromFlags, MakesASidecarWithTheDefaultsOfAFile) {
  const Config config = Read(Good());
  const Listener& listener = config.listeners.at(0);
  EXPECT_EQ(listener.name, "smtp");
  EXPECT_EQ(listener.protocol, "smtp");
  EXPECT_THAT(listener.listen, ElementsAre(HostPort{"127.0.0.1", 2525}));
  EXPECT_EQ(listener.client.mode, TlsMode::kOff);
  EXPECT_THAT(listener.server.address, ElementsAre(HostPort{"mail.example.org", 587}));
  EXPECT_EQ(listener.server.mode, TlsMode::kRequired);
  EXPECT_EQ(listener.server.VerifyInForce(), Verify::kFull);
  EXPECT_FALSE(listener.server.ca);
  EXPECT_THAT(listener.server.tls.groups,
              ElementsAre(KeyExchangeGroup::kX25519Mlkem768, KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256));
  EXPECT_EQ(config.workers, 0U);
  EXPECT_EQ(config.limits.max_connections, 20000U);
}

TEST(FromFlags, MakesAFrontRequiredWhereThereIsACertificate) {
  Flags flags = WithCertificate();
  flags.upstream_tls = "off";
  const Config config = Read(flags);
  EXPECT_EQ(config.listeners.at(0).client.mode, TlsMode::kRequired);
  ASSERT_EQ(config.listeners.at(0).client.certificates.size(), 1U);
  const Certificate* certificate = config.FindCertificate(config.listeners.at(0).client.certificates[0]);
  ASSERT_NE(certificate, nullptr);
  EXPECT_EQ(certificate->chain.path, "c.pem");
  EXPECT_EQ(certificate->chain.at.ToString(), "--cert");
  EXPECT_EQ(certificate->key.path, "k.pem");
  EXPECT_EQ(certificate->key.at.ToString(), "--key");
}

TEST(FromFlags, TakesTheModeThatIsGiven) {
  Flags flags = WithCertificate();
  for (const auto& [text, mode] : {std::pair{"off", TlsMode::kOff},
                                   {"opportunistic", TlsMode::kOpportunistic},
                                   {"required", TlsMode::kRequired},
                                   {"implicit", TlsMode::kImplicit}}) {
    flags.client_tls = text;
    flags.upstream_tls = text;
    EXPECT_EQ(Read(flags).listeners[0].client.mode, mode);
    EXPECT_EQ(Read(flags).listeners[0].server.mode, mode);
  }
}

TEST(FromFlags, MakesTcpImplicit) {
  Flags flags = WithCertificate();
  flags.protocol = "tcp";
  flags.upstream_tls = "off";
  EXPECT_EQ(Read(flags).listeners[0].client.mode, TlsMode::kImplicit);
  flags.upstream_tls = "required";
  EXPECT_THAT(Errors(flags), ElementsAre(HasSubstr("--upstream-tls: 'required' needs a protocol that can upgrade")));
  flags.upstream_tls = "off";
  flags.client_tls = "opportunistic";
  EXPECT_THAT(Errors(flags), ElementsAre(HasSubstr("--client-tls: 'opportunistic' needs a protocol")));
}

TEST(FromFlags, ReadsHowToVerify) {
  Flags flags = Good();
  flags.insecure = true;
  EXPECT_EQ(Read(flags).listeners[0].server.VerifyInForce(), Verify::kNone);
  flags.ca = "ca.pem";
  EXPECT_THAT(Errors(flags), ElementsAre(HasSubstr("--insecure: verifies nothing and excludes --ca")));
  flags.insecure = false;
  flags.server_name = "name.example.org";
  const ServerLeg server = Read(flags).listeners[0].server;
  EXPECT_EQ(server.ca->path, "ca.pem");
  EXPECT_EQ(server.ServerName(server.address[0]), "name.example.org");
  flags.upstream_tls = "opportunistic";
  const Loaded loaded = FromFlags(flags, TestDialects());
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings[0].ToString(), HasSubstr("--ca: has no effect"));
}

TEST(FromFlags, SaysAllThatIsMissing) {
  EXPECT_THAT(Errors({}), ElementsAre(HasSubstr("--protocol: is required"), HasSubstr("--listen: is required"),
                                      HasSubstr("--upstream: is required"),
                                      HasSubstr("--upstream-tls: is required, like --upstream-tls required")));
}

TEST(FromFlags, SaysAllThatIsWrong) {
  Flags flags;
  flags.protocol = "smpt";
  flags.listen = "2525";
  flags.upstream = "h";
  flags.upstream_tls = "requird";
  flags.client_tls = "on";
  flags.server_name = "a:b";
  EXPECT_THAT(
      Errors(flags),
      ElementsAre(HasSubstr("--protocol: 'smpt' is not a known protocol"), HasSubstr("--listen: '2525' has no host"),
                  HasSubstr("--upstream: 'h' has no port"), HasSubstr("did you mean 'required'?"),
                  HasSubstr("--server-name: 'a:b' is not a server name"), HasSubstr("--client-tls: 'on' is not")));
}

TEST(FromFlags, WantsCertificateAndKeyTogether) {
  Flags flags = Good();
  flags.cert = "c.pem";
  EXPECT_THAT(Errors(flags), ElementsAre("--key: is required with --cert"));
  flags = Good();
  flags.key = "k.pem";
  EXPECT_THAT(Errors(flags), ElementsAre("--cert: is required with --key"));
  flags = Good();
  flags.client_tls = "required";
  EXPECT_THAT(Errors(flags), ElementsAre("--client-tls: 'required' needs --cert FILE --key FILE"));
  flags = WithCertificate();
  flags.cert = "";
  EXPECT_THAT(Errors(flags), ElementsAre("--cert: needs the path of a file"));
}

TEST(FromFlags, HasNothingToWarnOfAsARule) { EXPECT_THAT(FromFlags(Good(), TestDialects()).warnings, IsEmpty()); }

}  // namespace
}  // namespace starlock::config
