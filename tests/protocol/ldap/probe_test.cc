// What a probe asks of an LDAP server, and learns.

#include <gtest/gtest.h>

#include "probed.h"
#include "scenes.h"

namespace starlock::test {
namespace {

using namespace ldap;  // NOLINT: the messages
using protocol::Act;
using protocol::Findings;
using Capabilities = Findings::Capabilities;

constexpr size_t kWays[] = {1, 2, 3, 7, 1000};
const std::string kOffers = Attribute("SupportedExtension", {std::string(kOid)});
const std::string kMechanisms = Attribute("supportedSASLMechanisms", {"EXTERNAL"});

TEST(LdapProbe, LearnsAllAndLeaves) {
  for (const size_t piece : kWays) {
    Probed probed("ldap", piece);
    EXPECT_EQ(probed.Said(), protocol::ldap::RootDseCall(1));
    probed.Feed(Entry(1, kOffers) + Result(1, 0x65, 0));
    EXPECT_EQ(probed.Said(), StartTls(2));
    probed.Feed(Result(2, 0x78, 0));
    probed.TlsUp();
    EXPECT_EQ(probed.Said(), protocol::ldap::RootDseCall(3));
    probed.Feed(Entry(3, kMechanisms) + Result(3, 0x65, 0));
    EXPECT_EQ(probed.Said(), Unbind(4));
    EXPECT_EQ(KindOf(probed.step.act), ActKind::kRelay);
    EXPECT_EQ(probed.findings.offers_upgrade, true);
    EXPECT_EQ(probed.findings.before, (Capabilities{"SupportedExtension: " + std::string(kOid)}));
    EXPECT_EQ(probed.findings.inside, (Capabilities{"supportedSASLMechanisms: EXTERNAL"}));
  }
}

TEST(LdapProbe, NoOfferOrARefusal) {
  for (const size_t piece : kWays) {
    Probed none("ldap", piece);
    none.Feed(Entry(1, Attribute("supportedExtension", {"1.2"})) + Result(1, 0x65, 0));
    EXPECT_EQ(FailureOf(none.step.act).end, End::kStarttlsNotOffered);
    EXPECT_EQ(none.findings.offers_upgrade, false);
    // A server that keeps its root DSE to itself is asked all the same.
    Probed silent("ldap", piece);
    silent.Feed(Result(1, 0x65, 13));
    EXPECT_EQ(silent.Said(), protocol::ldap::RootDseCall(1) + StartTls(2));
    silent.Feed(Result(2, 0x78, 52));
    EXPECT_EQ(FailureOf(silent.step.act).end, End::kStarttlsRefused);
    EXPECT_EQ(silent.Said(), Unbind(3));
  }
}

// slapd may not have done with the search yet whose last answer it has sent.
TEST(LdapProbe, AsksAgainWhereOperationsAreOutstanding) {
  for (const size_t piece : kWays) {
    Probed soon("ldap", piece);
    soon.Feed(Entry(1, kOffers) + Result(1, 0x65, 0));
    soon.Feed(Result(2, 0x78, 1));
    EXPECT_EQ(soon.Said(), protocol::ldap::RootDseCall(1) + StartTls(2) + StartTls(3));
    soon.Feed(Result(3, 0x78, 0));
    soon.TlsUp();
    EXPECT_EQ(soon.Said(), protocol::ldap::RootDseCall(4));
    Probed never("ldap", piece);
    never.Feed(Entry(1, kOffers) + Result(1, 0x65, 0));
    for (int id = 2; KindOf(never.step.act) != ActKind::kFail && id < 100; ++id) never.Feed(Result(id, 0x78, 1));
    EXPECT_EQ(FailureOf(never.step.act).end, End::kStarttlsRefused);
  }
}

TEST(LdapProbe, NothingBehindTheGoAheadIsRead) {
  Probed probed("ldap", 1000);
  probed.Feed(Entry(1, kOffers) + Result(1, 0x65, 0));
  probed.Feed(Result(2, 0x78, 0) + Entry(3, kMechanisms));
  EXPECT_EQ(KindOf(probed.step.act), ActKind::kFail);
  EXPECT_EQ(FailureOf(probed.step.act).end, End::kPlaintextAfterStarttls);
  EXPECT_EQ(probed.findings.inside, std::nullopt);
}

}  // namespace
}  // namespace starlock::test
