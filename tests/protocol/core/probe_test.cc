#include "protocol/core/probe.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/dialects.h"
#include "support/act_kind.h"

namespace starlock::protocol {
namespace {

using test::ActKind;
using test::FailureOf;
using test::KindOf;

/// What the server says in one turn, and what we must have said before it.
struct Turn {
  std::string asked;
  std::string answer;
  bool tls = false;  ///< the handshake stands between the question and this answer
};

/// A probe and what it came to.
class Played {
 public:
  explicit Played(std::string_view protocol) : probe_(MakeProbe(*FindDialect(protocol), "probe.example", findings)) {
    Note(probe_->Notify(Event::kUpstreamUp, Side::kServer, out_));
  }

  void Feed(std::string_view bytes) {
    input_ += bytes;
    if (KindOf(step.act) != ActKind::kRead) return;
    Note(probe_->Advance({}, input_, out_));
    input_.erase(0, step.used[Index(Side::kServer)]);
  }

  void TlsUp() {
    EXPECT_EQ(KindOf(step.act), ActKind::kTlsServer);
    EXPECT_EQ(input_, "");
    Note(probe_->Notify(Event::kTlsUp, Side::kServer, out_));
  }

  std::string Said() { return std::exchange(out_.server(), {}); }

  Findings findings;
  Step step;

 private:
  void Note(const Step& next) {
    step = next;
    EXPECT_EQ(out_.client(), "");
  }

  std::unique_ptr<Dialogue> probe_;
  Out out_;
  std::string input_;
};

/// Plays `turns`, the server's bytes cut at `first` and `second` (counted over all of them).
void PlayCut(Played& played, const std::vector<Turn>& turns, size_t first, size_t second) {
  size_t at = 0;
  for (const Turn& turn : turns) {
    if (turn.tls) played.TlsUp();
    EXPECT_EQ(played.Said(), turn.asked);
    std::string piece;
    for (const char c : turn.answer) {
      if (!piece.empty() && (at == first || at == second)) played.Feed(std::exchange(piece, {}));
      piece += c;
      ++at;
    }
    played.Feed(piece);
  }
}

/// Plays `turns` whole, byte by byte and at every one and two cuts, and has `check` look at each outcome.
template <typename Check>
void PlayEveryWay(std::string_view protocol, const std::vector<Turn>& turns, Check check) {
  size_t size = 0;
  for (const Turn& turn : turns) size += turn.answer.size();
  for (size_t first = 0; first <= size; ++first) {
    for (size_t second = first; second <= size; ++second) {
      Played played(protocol);
      PlayCut(played, turns, first, second);
      check(played);
      if (testing::Test::HasFailure()) {
        FAIL() << "cut at " << first << " and " << second;
      }
    }
  }
  Played played(protocol);
  for (const Turn& turn : turns) {
    if (turn.tls) played.TlsUp();
    EXPECT_EQ(played.Said(), turn.asked);
    for (const char c : turn.answer) played.Feed(std::string_view(&c, 1));
  }
  check(played);
}

using Capabilities = Findings::Capabilities;

const Turn kGreeting = {"", "220 mx ESMTP\r\n"};
const Turn kOffer = {"EHLO probe.example\r\n", "250-mx\r\n250-SIZE 9\r\n250 starttls\r\n"};
const Turn kGoAhead = {"STARTTLS\r\n", "220 go\r\n"};
const Turn kInside = {"EHLO probe.example\r\n", "250-mx\r\n250-SIZE 9\r\n250 AUTH PLAIN\r\n", true};

TEST(SmtpProbe, LearnsAllAndSaysGoodbye) {
  PlayEveryWay("smtp", {kGreeting, kOffer, kGoAhead, kInside}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kRelay);
    EXPECT_EQ(played.Said(), "QUIT\r\n");
    EXPECT_EQ(played.findings.greeting, "220 mx ESMTP");
    EXPECT_EQ(played.findings.before, (Capabilities{"SIZE 9", "starttls"}));
    EXPECT_EQ(played.findings.offers_upgrade, true);
    EXPECT_EQ(played.findings.inside, (Capabilities{"SIZE 9", "AUTH PLAIN"}));
  });
}

TEST(SmtpProbe, LmtpDiffersInItsHello) {
  const Turn offer = {"LHLO probe.example\r\n", "250-mx\r\n250 STARTTLS\r\n"};
  const Turn inside = {"LHLO probe.example\r\n", "250 mx\r\n", true};
  PlayEveryWay("lmtp", {kGreeting, offer, kGoAhead, inside}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kRelay);
    EXPECT_EQ(played.findings.inside, Capabilities{});
  });
}

TEST(SmtpProbe, NoOffer) {
  const Turn plain = {"EHLO probe.example\r\n", "250-mx\r\n250-X-STARTTLS\r\n250 SIZE STARTTLS\r\n"};
  PlayEveryWay("smtp", {kGreeting, plain}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kFail);
    EXPECT_EQ(FailureOf(played.step.act).end, End::kStarttlsNotOffered);
    EXPECT_EQ(played.Said(), "QUIT\r\n");
    EXPECT_EQ(played.findings.offers_upgrade, false);
    EXPECT_EQ(played.findings.before, (Capabilities{"X-STARTTLS", "SIZE STARTTLS"}));
    EXPECT_EQ(played.findings.inside, std::nullopt);
  });
}

TEST(SmtpProbe, OldServerKnowsNoEhlo) {
  PlayEveryWay("smtp", {kGreeting, {"EHLO probe.example\r\n", "502 what?\r\n"}}, [](Played& played) {
    EXPECT_EQ(FailureOf(played.step.act).end, End::kStarttlsNotOffered);
    EXPECT_EQ(played.findings.offers_upgrade, false);
    EXPECT_EQ(played.findings.before, std::nullopt);
  });
}

TEST(SmtpProbe, RefusesService) {
  PlayEveryWay("smtp", {{"", "554-no\r\n554 go away\r\n"}}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kFail);
    EXPECT_EQ(played.findings.greeting, "554-no\r\n554 go away");
    EXPECT_EQ(played.findings.offers_upgrade, std::nullopt);
  });
}

TEST(SmtpProbe, OffersAndRefuses) {
  PlayEveryWay("smtp", {kGreeting, kOffer, {"STARTTLS\r\n", "454 not now\r\n"}}, [](Played& played) {
    EXPECT_EQ(FailureOf(played.step.act).end, End::kStarttlsRefused);
    EXPECT_EQ(played.findings.offers_upgrade, true);
  });
}

TEST(SmtpProbe, NothingBehindTheGoAheadIsRead) {
  for (const std::string_view tail : {"250-mx\r\n250 AUTH LOGIN\r\n", "250-AUTH", "\x16"}) {
    Played played("smtp");
    PlayCut(played, {kGreeting, kOffer, {"STARTTLS\r\n", "220 go\r\n" + std::string(tail)}}, 0, 0);
    EXPECT_EQ(KindOf(played.step.act), ActKind::kFail) << tail;
    EXPECT_EQ(FailureOf(played.step.act).end, End::kPlaintextAfterStarttls) << tail;
    EXPECT_EQ(played.findings.inside, std::nullopt) << tail;
  }
}

TEST(SmtpProbe, AnswersBeforeTheQuestionAreNone) {
  for (const std::string& early : {kOffer.answer, kOffer.answer + "220 go\r\n", std::string("2")}) {
    Played played("smtp");
    PlayCut(played, {{"", kGreeting.answer + early}}, 0, 0);
    EXPECT_EQ(FailureOf(played.step.act).end, End::kProtocolError) << early;
    EXPECT_EQ(played.findings.before, std::nullopt) << early;
  }
  Played played("smtp");
  PlayCut(played, {kGreeting, {kOffer.asked, kOffer.answer + "220 go\r\n"}}, 0, 0);
  EXPECT_EQ(FailureOf(played.step.act).end, End::kProtocolError);
}

TEST(SmtpProbe, WhatIsNoReplyEndsIt) {
  using namespace std::string_view_literals;
  for (const std::string_view bad : {"hello\r\n"sv, "220 a\n"sv, "220 \0\r\n"sv, "220-a\r\n250 b\r\n"sv}) {
    Played played("smtp");
    played.Feed(bad);
    EXPECT_EQ(FailureOf(played.step.act).end, End::kProtocolError) << bad;
  }
  Played played("smtp");
  played.Feed("220 " + std::string(kMaxUnit, 'x'));
  EXPECT_EQ(FailureOf(played.step.act).end, End::kProtocolError);
}

const Turn kImapGreeting = {"", "* OK old\r\n"};
const Turn kImapOffer = {"starlock1 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 starttls\r\nstarlock1 OK\r\n"};
const Turn kImapGo = {"starlock2 STARTTLS\r\n", "* OK [ALERT] x\r\nstarlock2 OK\r\n"};
const Turn kImapInside = {"starlock3 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1  AUTH=PLAIN\r\nstarlock3 OK\r\n", true};

TEST(ImapProbe, LearnsAllAndSaysGoodbye) {
  PlayEveryWay("imap", {kImapGreeting, kImapOffer, kImapGo, kImapInside}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kRelay);
    EXPECT_EQ(played.Said(), "starlock4 LOGOUT\r\n");
    EXPECT_EQ(played.findings.greeting, "* OK old");
    EXPECT_EQ(played.findings.before, (Capabilities{"IMAP4rev1", "starttls"}));
    EXPECT_EQ(played.findings.offers_upgrade, true);
    EXPECT_EQ(played.findings.inside, (Capabilities{"IMAP4rev1", "AUTH=PLAIN"}));
  });
}

TEST(ImapProbe, NoOfferOrARefusal) {
  const Turn none = {kImapOffer.asked, "* CAPABILITY IMAP4rev1 XSTARTTLS\r\nstarlock1 OK\r\n"};
  PlayEveryWay("imap", {kImapGreeting, none}, [](Played& played) {
    EXPECT_EQ(FailureOf(played.step.act).end, End::kStarttlsNotOffered);
    EXPECT_EQ(played.findings.offers_upgrade, false);
  });
  PlayEveryWay("imap", {kImapGreeting, kImapOffer, {kImapGo.asked, "starlock2 NO\r\n"}},
               [](Played& played) { EXPECT_EQ(FailureOf(played.step.act).end, End::kStarttlsRefused); });
  PlayEveryWay("imap", {{"", "* PREAUTH hi\r\n"}}, [](Played& played) {
    EXPECT_EQ(FailureOf(played.step.act).end, End::kStarttlsNotOffered);
    EXPECT_EQ(played.findings.greeting, "* PREAUTH hi");
  });
}

const std::string kSslRequest("\x00\x00\x00\x08\x04\xd2\x16\x2f", 8);
const std::string kNobody("\x00\x00\x00\x35\x00\x03\x00\x00user\0starlock-probe\0database\0starlock-probe\0\0", 53);

TEST(PostgresProbe, LearnsHowToLogIn) {
  const std::string sasl("R\x00\x00\x00\x2a\x00\x00\x00\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0", 43);
  PlayEveryWay("postgres", {{kSslRequest, "S"}, {kNobody, sasl, true}}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kRelay);
    EXPECT_EQ(played.Said(), "");
    EXPECT_EQ(played.findings.offers_upgrade, true);
    EXPECT_EQ(played.findings.inside, (Capabilities{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
    EXPECT_EQ(played.findings.greeting, std::nullopt);
  });
  const std::string md5("R\x00\x00\x00\x0c\x00\x00\x00\x05salt", 13);
  PlayEveryWay("postgres", {{kSslRequest, "S"}, {kNobody, md5, true}},
               [](Played& played) { EXPECT_EQ(played.findings.inside, Capabilities{"md5"}); });
}

TEST(PostgresProbe, LearnsWhyNot) {
  const std::string error("E\x00\x00\x00\x21SFATAL\0VFATAL\0C28000\0Mnever\0\0", 34);
  PlayEveryWay("postgres", {{kSslRequest, "S"}, {kNobody, error, true}}, [](Played& played) {
    EXPECT_EQ(KindOf(played.step.act), ActKind::kRelay);
    EXPECT_EQ(played.findings.greeting, "FATAL 28000: never");
    EXPECT_EQ(played.findings.inside, std::nullopt);
  });
}

TEST(PostgresProbe, NoTls) {
  for (const auto& [answer, end] : {std::pair{"N", End::kStarttlsNotOffered}, {"E", End::kStarttlsRefused}}) {
    Played played("postgres");
    played.Feed(answer);
    EXPECT_EQ(FailureOf(played.step.act).end, end);
    EXPECT_EQ(played.findings.offers_upgrade, false);
  }
}

TEST(TcpProbe, TlsIsAllThereIs) {
  Played played("tcp");
  EXPECT_EQ(KindOf(played.step.act), ActKind::kTlsServer);
  played.TlsUp();
  EXPECT_EQ(KindOf(played.step.act), ActKind::kRelay);
  EXPECT_EQ(played.findings.greeting, std::nullopt);
  EXPECT_EQ(played.findings.offers_upgrade, std::nullopt);
}

TEST(Probe, EveryProtocolHasOne) {
  for (const Dialect* dialect : Dialects()) {
    Findings findings;
    EXPECT_NE(MakeProbe(*dialect, "probe.example", findings), nullptr) << dialect->name;
  }
}

}  // namespace
}  // namespace starlock::protocol
