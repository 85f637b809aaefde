#include "pki/throwaway_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls/identity.h"

namespace starlock::pki {
namespace {

std::unique_ptr<ThrowawayCa> MakeCa() { return std::move(ThrowawayCa::Create("Test authority")).value(); }

TEST(ThrowawayCa, IssuesForNamesAndAddresses) {
  const auto pair = MakeCa()->Issue({.names = {"mail.example.org", "192.0.2.1", "2001:db8::1"}});
  ASSERT_TRUE(pair.ok()) << pair.error().detail;
  const auto identity = tls::Identity::FromPem(pair.value().chain, pair.value().key);
  ASSERT_TRUE(identity.ok()) << identity.error().detail;
  const tls::CertificateInfo& leaf = identity.value()->certificate();
  EXPECT_EQ(leaf.subject, "CN=mail.example.org");
  EXPECT_EQ(leaf.issuer, "CN=Test authority");
  EXPECT_THAT(leaf.names, testing::ElementsAre("mail.example.org", "192.0.2.1", "2001:db8::1"));
}

TEST(ThrowawayCa, IssuesNothingWithoutAName) {
  const auto pair = MakeCa()->Issue({});
  ASSERT_FALSE(pair.ok());
  EXPECT_EQ(pair.error().code, ErrorCode::kInvalid);
}

// OpenSSL refuses a common name that ends inside a UTF-8 character.
TEST(ThrowawayCa, ShortensALongNameBetweenCharacters) {
  const std::string name = std::string(63, 'x') + "ü";
  const auto ca = ThrowawayCa::Create(name);
  ASSERT_TRUE(ca.ok()) << ca.error().detail;
  const auto pair = ca.value()->Issue({.names = {"localhost"}});
  ASSERT_TRUE(pair.ok()) << pair.error().detail;
  const auto identity = tls::Identity::FromPem(pair->chain, pair->key);
  ASSERT_TRUE(identity.ok()) << identity.error().detail;
  EXPECT_EQ(identity.value()->certificate().issuer, "CN=" + std::string(63, 'x'));
}

TEST(ThrowawayCa, AuthoritiesAreDifferent) { EXPECT_NE(MakeCa()->certificate(), MakeCa()->certificate()); }

}  // namespace
}  // namespace starlock::pki
