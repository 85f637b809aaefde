#include "protocol/core/goodbye.h"

#include <gtest/gtest.h>

#include <set>

namespace starlock::protocol {
namespace {

constexpr Blame kBlames[] = {Blame::kNone, Blame::kClient, Blame::kServer, Blame::kProxy};
constexpr GoodbyeKind kKinds[] = {GoodbyeKind::kSyntax,     GoodbyeKind::kTimeout,     GoodbyeKind::kDrained,
                                  GoodbyeKind::kLimit,      GoodbyeKind::kTlsRequired, GoodbyeKind::kNoTls,
                                  GoodbyeKind::kUnavailable};

struct Row {
  End end;
  GoodbyeKind of_client;  ///< where the client is to blame
  GoodbyeKind of_server;
  GoodbyeKind of_others;  ///< where the proxy is, or nobody
};

constexpr Row Always(End end, GoodbyeKind kind) { return {end, kind, kind, kind}; }

constexpr Row kRows[] = {
    Always(End::kClosed, GoodbyeKind::kUnavailable),
    Always(End::kTruncated, GoodbyeKind::kUnavailable),
    Always(End::kReset, GoodbyeKind::kUnavailable),
    Always(End::kTimeout, GoodbyeKind::kTimeout),
    Always(End::kIdle, GoodbyeKind::kTimeout),
    Always(End::kConnectFailed, GoodbyeKind::kUnavailable),
    Always(End::kResolveFailed, GoodbyeKind::kUnavailable),
    Always(End::kStarttlsNotOffered, GoodbyeKind::kNoTls),
    Always(End::kStarttlsRefused, GoodbyeKind::kNoTls),
    {End::kTlsRequired, GoodbyeKind::kTlsRequired, GoodbyeKind::kNoTls, GoodbyeKind::kTlsRequired},
    Always(End::kPlaintextAfterStarttls, GoodbyeKind::kNoTls),
    Always(End::kHandshakeFailed, GoodbyeKind::kNoTls),
    Always(End::kVerifyFailed, GoodbyeKind::kNoTls),
    {End::kProtocolError, GoodbyeKind::kSyntax, GoodbyeKind::kUnavailable, GoodbyeKind::kUnavailable},
    Always(End::kLimit, GoodbyeKind::kLimit),
    Always(End::kDrained, GoodbyeKind::kDrained),
    Always(End::kInternal, GoodbyeKind::kUnavailable),
};

TEST(Goodbye, EveryEndHasItsKindWhoeverIsToBlame) {
  size_t next = 0;
  for (const Row& row : kRows) {
    EXPECT_EQ(static_cast<size_t>(row.end), next++) << "every end has its row: " << ToString(row.end);
    for (const Blame blame : kBlames) {
      const GoodbyeKind expected = blame == Blame::kClient   ? row.of_client
                                   : blame == Blame::kServer ? row.of_server
                                                             : row.of_others;
      EXPECT_EQ(GoodbyeFor({row.end, blame, ""}), expected) << ToString(row.end) << " " << ToString(blame);
    }
  }
  EXPECT_EQ(next, static_cast<size_t>(End::kInternal) + 1) << "kInternal is the last End";
}

TEST(Goodbye, ATableGivesEachKindItsOwnValue) {
  constexpr ByGoodbye<int> kTable = {
      .syntax = 0, .timeout = 1, .drained = 2, .limit = 3, .tls_required = 4, .no_tls = 5, .unavailable = 6};
  for (const GoodbyeKind kind : kKinds) EXPECT_EQ(kTable[kind], static_cast<int>(kind));
}

TEST(Goodbye, TextsDifferAndNeedNoQuoting) {
  std::set<std::string_view> seen;
  for (const GoodbyeKind kind : kKinds) {
    const std::string_view text = GoodbyeText(kind);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_of("\"\\\r\n"), std::string_view::npos) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
  EXPECT_EQ(GoodbyeText(GoodbyeKind::kUnavailable), "Service not available");
}

}  // namespace
}  // namespace starlock::protocol
