// IRC's STARTTLS (IRCv3, tls): both roles, the filter, and the attacks on either.

#include <gtest/gtest.h>

#include "protocol/core/limits.h"
#include "protocol/irc/words.h"
#include "transcript.h"

namespace starlock::test {
namespace {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

constexpr std::string_view kGoAhead = ":proxy.example.org 670 * :STARTTLS successful, proceed with TLS handshake";

void PlayIrc(TlsMode client, TlsMode server, const std::string& transcript) {
  Play({"irc", client, server}, transcript);
}

// What is said on the server's leg until STARTTLS is.
std::string Asked() { return "s: CAP LS\nS: :srv CAP * LS :a tls b\ns: STARTTLS\n"; }

std::string UntilTls() { return "C: STARTTLS\nc: " + std::string(kGoAhead) + "\n! tls-client\n"; }

// The example of IRCv3's tls extension, as a front and as a sidecar see it.
TEST(Irc, Ircv3Example) {
  PlayIrc(kOpp, kOff, R"(
    C: CAP LS
    s: CAP LS
    S: :tolmoon.example CAP * LS :multi-prefix
    c: :tolmoon.example CAP * LS :multi-prefix tls
  )" + UntilTls() + R"(
    @ up
    C: STARTTLS
    c: :proxy.example.org 691 * :STARTTLS failed: TLS is already active
    C: CAP LS
    C: NICK a
    s: CAP LS
    s: NICK a
    S: :tolmoon.example CAP * LS :multi-prefix tls sasl
    c: :tolmoon.example CAP * LS :multi-prefix sasl
    S: :tolmoon.example 001 a :Welcome
    c: :tolmoon.example 001 a :Welcome
    ! relay
    C: STARTTLS
    s: STARTTLS
    ! relay
  )");
  for (const TlsMode server : {kOpp, kReq}) {
    PlayIrc(kOff, server, Asked() + R"(
      S: :tolmoon.example NOTICE * :*** Looking up your hostname...
      S: :tolmoon.example NOTICE * :*** Found
      S: :tolmoon.example 670 * :STARTTLS successful, proceed with TLS handshake
      ! tls-server
      @ up
      s: CAP END
      C: NICK a
      s: NICK a
      S: :tolmoon.example 001 a :Welcome
      c: :tolmoon.example 001 a :Welcome
      ! relay
    )");
  }
}

TEST(Irc, TheServerRefuses) {
  for (const std::string_view number : {"421", "451", "691"}) {
    const std::string answer = "S: :srv " + std::string(number) + " * STARTTLS :no\n";
    PlayIrc(kOff, kReq,
            Asked() + "S: NOTICE AUTH :forged\n" + answer +
                "c: ERROR :Closing Link: proxy.example.org (Service not available: no secure "
                "connection)\n! fail " +
                (number == "691" ? "starttls_refused" : "starttls_not_offered") + " server\n");
    for (const TlsMode client : {kOff, kOpp}) {
      PlayIrc(client, kOpp, Asked() + "S: NOTICE AUTH :one\nS: NOTICE AUTH :two\n" + answer + R"(
        S: NOTICE AUTH :three
        note: the server
        s: CAP END
        c: NOTICE AUTH :one
        c: NOTICE AUTH :two
        c: NOTICE AUTH :three
        C: NICK a
        s: NICK a
      )");
    }
    PlayIrc(kReq, kOpp,
            Asked() + "S: NOTICE AUTH :one\n" + answer + "note: the server\ns: CAP END\n" + UntilTls() +
                "@ up\nc: NOTICE AUTH :one\nC: NICK a\ns: NICK a\n");
  }
}

// What the server said behind its refusal is consumed before CAP END is said, and none of it is lost.
TEST(Irc, TheServerSpeaksOnBehindItsRefusal) {
  PlayIrc(kOff, kOpp, Asked() + R"(
    S: :srv 691 * :no
    S: NOTICE * :one
    S+ NOTICE * :t
    S+ wo\r\n
    note: the server refused
    s: CAP END
    c: NOTICE * :one
    c: NOTICE * :two
  )");
}

TEST(Irc, TheServerCloses) {
  PlayIrc(kOff, kReq, Asked() + R"(
    S: ERROR :Closing Link: [throttled]
    c: ERROR :Closing Link: proxy.example.org (Service not available: no secure connection)
    ! fail starttls_refused server
  )");
  PlayIrc(kOff, kOpp, Asked() + "S: ERROR :throttled\nnote: the server refused\nc: ERROR :throttled\n");
  PlayIrc(kOff, kReq, Asked() + R"(
    @ timeout server
    c: ERROR :Closing Link: proxy.example.org (Timeout)
    ! fail timeout server
  )");
}

TEST(Irc, ServerInjectsAnswers) {
  constexpr std::string_view kGone =
      "c: ERROR :Closing Link: proxy.example.org (Service not available: no secure connection)\n"
      "! fail plaintext_after_starttls server\n";
  for (const TlsMode server : {kOpp, kReq}) {
    // Cut where TLS begins, what is injected belongs to TLS: only as it stands.
    PlayOnce({"irc", kOff, server}, Asked() + "S: :srv 670 * :go\nS: :srv 001 a :injected\n" + std::string(kGone));
    PlayOnce({"irc", kOff, server}, Asked() + "S: NOTICE * :x\nS: :srv 670 * :go\nS+ :s\n" + std::string(kGone));
  }
}

TEST(Irc, AServerThatOnlyTalks) {
  auto driver = PlayOnce({"irc", kOff, kOpp}, "s: CAP LS\n");
  for (int i = 0; i < 70; ++i) driver.Arrive(Side::kServer, "NOTICE * :on and on\r\n");
  EXPECT_EQ(driver.failure().end, End::kProtocolError);
  EXPECT_EQ(driver.failure().blame, Blame::kServer);
  EXPECT_EQ(driver.said(Side::kClient).find("on and on"), std::string::npos);
}

TEST(Irc, BeforeRequiredTls) {
  for (const TlsMode server : {kOff, kImp}) {
    const std::string relay = server == kImp ? "! relay\n" : "";
    PlayIrc(kReq, server,
            R"(
      C: CAP LS 302
      c: :proxy.example.org CAP * LS :tls
      C: cap list
      c: :proxy.example.org CAP * LIST :
      C: CAP REQ :tls
      c: :proxy.example.org CAP * ACK :tls
      C: CAP REQ :tls sasl
      c: :proxy.example.org CAP * NAK :tls sasl
      C: CAP END
      C: NOTICE x :y
      C: PING :a b
      c: :proxy.example.org PONG proxy.example.org :a b
      C: PONG x
      C: STARTTLS now
      c: :proxy.example.org 691 * :STARTTLS failed: it takes no parameters
    )" + UntilTls() +
                "@ up\n" + relay + "C: CAP REQ :sasl\ns: CAP REQ :sasl\n" + relay);
    PlayIrc(kReq, server, "C: QUIT\nc: ERROR :Closing Link: proxy.example.org (Quit)\n! fail closed none\n");
  }
  for (const std::string_view line :
       {"NICK a", "USER a 0 * :a", "PASS b", "AUTHENTICATE PLAIN", "JOIN #x", ":x NICK a", "CAP FOO", "@a=b PASS c"}) {
    PlayIrc(kReq, kOff, "C: " + std::string(line) + R"(
      c: ERROR :Closing Link: proxy.example.org (TLS is required: send STARTTLS first)
      ! fail tls_required client
    )");
  }
}

TEST(Irc, ClientInjectsCommands) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayOnce({"irc", client, kOff},
             "C: STARTTLS\nC: NICK x\nc: " + std::string(kGoAhead) + "\n! tls-client\nT: NICK x\n");
  }
}

TEST(IrcFilter, OffersTls) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayIrc(kOpp, server, R"(
      S: NOTICE AUTH :*** Looking up your hostname...
      c: NOTICE AUTH :*** Looking up your hostname...
      C: CAP LS 302
      s: CAP LS 302
      S: :s CAP * LS * :tls a  b=c
      S: :s CAP * LS * :tls
      S: :s CAP * LS :sasl=PLAIN,SCRAM-SHA-256-PLUS d
      note: the server offers channel binding
      c: :s CAP * LS * :a  b=c
      c: :s CAP * LS * :
      c: :s CAP * LS :sasl=PLAIN,SCRAM-SHA-256-PLUS d tls
      C: CAP LS
      s: CAP LS
      S: :s CAP * LS one
      c: :s CAP * LS :one tls
      C: CAP LS
      s: CAP LS
      S: :s CAP * LS :
      c: :s CAP * LS :tls
      C: CAP LS
      s: CAP LS
      S: :s CAP * LS
      c: :s CAP * LS :tls
      C: CAP LS
      s: CAP LS
      S: :s CAP * LS :x tls y
      c: :s CAP * LS :x tls y
      C: CAP LIST
      s: CAP LIST
      S: :s CAP * LIST :x tls
      c: :s CAP * LIST :x
      S: :s CAP * NEW :tls
      S: :s CAP * DEL :tls x
      c: :s CAP * DEL :x
      C: CAP REQ :tls
      c: :proxy.example.org CAP * ACK :tls
      C: PING 1
      s: PING 1
      S: PONG s :1
      c: PONG s :1
      C: starttls now
      c: :proxy.example.org 691 * :STARTTLS failed: it takes no parameters
    )" + UntilTls());
  }
}

TEST(IrcFilter, StarttlsWaitsForTheAnswerToCap) {
  PlayIrc(kOpp, kOff, R"(
    C: CAP LS
    C: STARTTLS
    s: CAP LS
    S: NOTICE * :x
    S: :s CAP * LS * :a
    S: :s CAP * LS :b
    c: NOTICE * :x
    c: :s CAP * LS * :a
    c: :s CAP * LS :b tls
    c: :proxy.example.org 670 * :STARTTLS successful, proceed with TLS handshake
    ! tls-client
  )");
  PlayIrc(kOpp, kOff, R"(
    C: CAP LS
    s: CAP LS
    S: :s 421 * CAP :Unknown command
    c: :s 421 * CAP :Unknown command
  )" + UntilTls());
}

TEST(IrcFilter, TheFirstStatefulVerbClosesTheWindow) {
  for (const std::string_view verb : {"NICK a", "USER a 0 * :a", "PASS b", "AUTHENTICATE PLAIN", "WHATEVER"}) {
    const std::string crossed = "C: " + std::string(verb) + "\ns: " + std::string(verb) + "\n";
    PlayIrc(kOpp, kOff, crossed + R"(
      C: STARTTLS
      c: :proxy.example.org 691 * :STARTTLS failed: too late
      C: CAP REQ :tls
      c: :proxy.example.org CAP * NAK :tls
      C: CAP LS
      s: CAP LS
      S: :s CAP a LS :x tls
      c: :s CAP a LS :x
    )");
    PlayIrc(kOpp, kImp, crossed + "C: STARTTLS\nc: :proxy.example.org 691 * :STARTTLS failed: too late\n");
  }
}

TEST(IrcFilter, Off) {
  PlayIrc(kOff, kOff, R"(
    C: STARTTLS
    c: :proxy.example.org 421 * STARTTLS :Unknown command
    C: CAP LS
    s: CAP LS
    S: :s CAP * LS :tls sts=port=6697
    note: the server announces a port
    c: :s CAP * LS :sts=port=6697
    C: AUTHENTICATE EXTERNAL
    note: the client wants to authenticate with its TLS certificate
    s: AUTHENTICATE EXTERNAL
    S: @time=x :s 001 a :Welcome
    c: @time=x :s 001 a :Welcome
    ! relay
  )");
}

TEST(IrcFilter, FramingIsNeverRepaired) {
  constexpr std::string_view kBad[] = {"PING 1\\nSTARTTLS\\r\\n", "STARTTLS\\n", "STARTTLS\\0\\r\\n",
                                       "ST\\rARTTLS\\r\\n"};
  for (const TlsMode client : {kOpp, kReq}) {
    for (const std::string_view line : kBad) {
      auto d = PlayOnce({"irc", client, kOff}, "");
      d.Arrive(Side::kClient, Unescape(line));
      EXPECT_EQ(d.act(), ActKind::kFail) << line;
      EXPECT_NE(d.said(Side::kClient).find("Syntax error"), std::string::npos) << line;
      EXPECT_EQ(d.said(Side::kServer), "") << line;
    }
  }
}

TEST(Irc, TooManyCommands) {
  auto driver = PlayOnce({"irc", kReq, kOff}, "");
  for (int i = 0; i <= protocol::kMaxCommands; ++i) driver.Arrive(Side::kClient, "PING 1\r\n");
  EXPECT_EQ(driver.failure().end, End::kLimit);
  auto off = PlayOnce({"irc", kOff, kOff}, "");
  for (int i = 0; i <= protocol::kMaxCommands; ++i) off.Arrive(Side::kClient, "STARTTLS\r\n");
  EXPECT_EQ(off.failure().end, End::kLimit);
}

TEST(Irc, Goodbye) {
  PlayIrc(kOpp, kOff,
          "@ drained none\nc: ERROR :Closing Link: proxy.example.org (Shutting down)\n! fail drained none\n");
}

TEST(Irc, HandshakeFailed) {
  PlayIrc(kOff, kOpp, Asked() + R"(
    S: NOTICE * :forged
    S: :s 670 * :go
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    S: NOTICE * :again
    c: NOTICE * :again
  )");
}

// InspIRCd without its module says nothing to STARTTLS, so it must not come to that.
TEST(IrcServerLeg, TlsIsNotListed) {
  PlayIrc(kOff, kReq, R"(
    s: CAP LS
    S: :srv CAP * LS :multi-prefix sts=port=1
    c: ERROR :Closing Link: proxy.example.org (Service not available: no secure connection)
    ! fail starttls_not_offered server
  )");
  // The client reads what the server said of itself, and not what it answered us; its own CAP is as it ever was.
  for (const TlsMode client : {kOff, kOpp}) {
    PlayIrc(client, kOpp, R"(
      s: CAP LS
      S: NOTICE * :one
      S: :srv CAP * LS * :a
      S: NOTICE * :two
      S: :srv CAP * LS :b
      S: NOTICE * :three
      note: the server does not offer
      s: CAP END
      c: NOTICE * :one
      c: NOTICE * :two
      c: NOTICE * :three
      C: CAP LIST
      s: CAP LIST
      S: :srv CAP * LIST :
      c: :srv CAP * LIST :
    )");
  }
}

TEST(IrcServerLeg, CapIsUnknown) {
  for (const std::string_view number : {"410", "421", "451", "461"}) {
    const std::string refusal = "s: CAP LS\nS: :srv " + std::string(number) + " * CAP :what\ns: STARTTLS\n";
    PlayIrc(kOff, kReq, refusal + "S: NOTICE * :x\nS: :srv 670 * :go\n! tls-server\n@ up\nC: NICK a\ns: NICK a\n");
    PlayIrc(kOff, kOpp, refusal + "S: NOTICE * :x\nS: :srv 421 * STARTTLS :what\nnote: the server\nc: NOTICE * :x\n");
  }
}

// R3: an answer to STARTTLS that is there before we have asked.
TEST(IrcServerLeg, PrematureAnswers) {
  for (const std::string_view early : {":s 670 * :go\r\n", ":s 691 * :no\r\n"}) {
    for (const TlsMode server : {kOpp, kReq}) {
      auto driver = PlayOnce({"irc", kOff, server}, "s: CAP LS\n");
      driver.Arrive(Side::kServer, ":s CAP * LS :tls\r\n" + std::string(early));
      EXPECT_EQ(driver.failure().end, End::kProtocolError);
      EXPECT_EQ(driver.failure().blame, Blame::kServer);
      EXPECT_EQ(driver.said(Side::kServer), "CAP LS\r\n");
    }
  }
}

}  // namespace
}  // namespace starlock::test
