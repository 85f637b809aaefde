#include "proxy/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/proxy_harness.h"

namespace starlock::proxy {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

using config::File;
using config::Location;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kNowhere = "/nonexistent/file.pem";

Location At(int line) { return {"test.yaml", line, 3}; }

/// Sets $SSL_CERT_FILE during its lifetime.
class SystemTrust {
 public:
  explicit SystemTrust(const std::string& path) { setenv("SSL_CERT_FILE", path.c_str(), 1); }
  ~SystemTrust() { unsetenv("SSL_CERT_FILE"); }
  SystemTrust(const SystemTrust&) = delete;
  SystemTrust& operator=(const SystemTrust&) = delete;
};

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    config.certificates = {{"mail", {chain.path(), {}}, {key.path(), {}}, At(3)}};
    AddListener(TlsMode::kRequired).ca = File{ca.path(), At(10)};
  }

  config::ServerLeg& AddListener(TlsMode server) {
    config::Listener listener;
    listener.server.mode = server;
    listener.server.at = At(20 + static_cast<int>(config.listeners.size()));
    listener.server.address = {{"127.0.0.1", 25}};
    config.listeners.push_back(listener);
    return config.listeners.back().server;
  }

  // Expects one error at `line` that contains `words`.
  void ExpectError(int line, std::string_view words) {
    const LoadedCredentials loaded = LoadCredentials(config);
    ASSERT_THAT(loaded.errors, SizeIs(1));
    EXPECT_EQ(loaded.errors.front().at, At(line)) << loaded.errors.front().ToString();
    EXPECT_THAT(loaded.errors.front().message, HasSubstr(words));
  }

  TemporaryFile chain{Pki::Get().good.chain};
  TemporaryFile key{Pki::Get().good.key};
  TemporaryFile other_key{Pki::Get().unknown.key};
  TemporaryFile ca{Pki::Get().ca->certificate()};
  TemporaryFile no_pem{"this is not PEM\n"};
  config::Config config;
};

TEST_F(CredentialsTest, LoadsWhatIsNamed) {
  const LoadedCredentials loaded = LoadCredentials(config);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.credentials.identities, SizeIs(1));
  EXPECT_NE(loaded.credentials.identities.at("mail"), nullptr);
  EXPECT_NE(loaded.credentials.trust.at(ca.path()), nullptr);
  EXPECT_NE(loaded.credentials.tickets, nullptr) << "made where none are given";
}

TEST_F(CredentialsTest, AFileThatSeveralLegsNameIsReadOnce) {
  AddListener(TlsMode::kImplicit).ca = File{ca.path(), At(11)};
  const LoadedCredentials loaded = LoadCredentials(config);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.credentials.trust, SizeIs(1));
}

TEST_F(CredentialsTest, ACertificateThatIsNotThere) {
  config.certificates[0].chain.path = kNowhere;
  ExpectError(3, kNowhere);
}

TEST_F(CredentialsTest, AKeyThatIsNotThere) {
  config.certificates[0].key.path = kNowhere;
  ExpectError(3, kNowhere);
}

TEST_F(CredentialsTest, AKeyOfAnotherCertificate) {
  config.certificates[0].key.path = other_key.path();
  ExpectError(3, other_key.path());
}

TEST_F(CredentialsTest, AFileOfAuthoritiesThatIsNotThere) {
  config.listeners[0].server.ca->path = kNowhere;
  ExpectError(10, kNowhere);
}

TEST_F(CredentialsTest, AFileOfAuthoritiesThatHoldsNone) {
  config.listeners[0].server.ca->path = no_pem.path();
  ExpectError(10, no_pem.path());
}

TEST_F(CredentialsTest, WhatIsNamedHasToBeSoundEvenWhereNothingHangsOnIt) {
  AddListener(TlsMode::kOff).ca = File{no_pem.path(), At(12)};
  ExpectError(12, no_pem.path());
}

TEST_F(CredentialsTest, TheSystemsAuthoritiesAreNeededWhereALegVerifies) {
  const SystemTrust missing(kNowhere);
  AddListener(TlsMode::kRequired);
  ExpectError(21, kNowhere);
}

TEST_F(CredentialsTest, AndNotWhereNoneDoes) {
  const SystemTrust missing(kNowhere);
  AddListener(TlsMode::kOff);
  AddListener(TlsMode::kOpportunistic);
  AddListener(TlsMode::kRequired).verify = Verify::kNone;
  EXPECT_THAT(LoadCredentials(config).errors, IsEmpty());
  AddListener(TlsMode::kOpportunistic).verify = Verify::kChain;
  ExpectError(24, kNowhere);
}

TEST_F(CredentialsTest, TheSystemsAuthorities) {
  const SystemTrust ours(ca.path());
  AddListener(TlsMode::kRequired);
  const LoadedCredentials loaded = LoadCredentials(config);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_NE(loaded.credentials.trust.at(""), nullptr);
}

TEST_F(CredentialsTest, TicketKeys) {
  const TemporaryFile good(std::string(64, 'A') + "\n");
  config.ticket_keys = File{good.path(), At(5)};
  EXPECT_THAT(LoadCredentials(config).errors, IsEmpty());
  const TemporaryFile bad("AAAA\n");
  config.ticket_keys = File{bad.path(), At(5)};
  ExpectError(5, bad.path() + ":1");
  config.ticket_keys = File{kNowhere, At(5)};
  ExpectError(5, kNowhere);
}

TEST_F(CredentialsTest, AllThatIsWrongIsTold) {
  config.certificates.push_back({"other", {no_pem.path(), {}}, {key.path(), {}}, At(4)});
  config.certificates[0].key.path = other_key.path();
  config.listeners[0].server.ca->path = no_pem.path();
  config.ticket_keys = File{kNowhere, At(5)};
  std::vector<int> lines;
  for (const config::Diagnostic& error : LoadCredentials(config).errors) lines.push_back(error.at.line);
  EXPECT_THAT(lines, testing::UnorderedElementsAre(3, 4, 5, 10));
}

}  // namespace
}  // namespace starlock::proxy
