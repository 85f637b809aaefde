// The whole session before a plaintext server: STARTTLS, XCLIENT and XFORWARD do not cross between messages either.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

constexpr std::string_view kGreeted = "S: 220 old\nc: 220 old\n";

std::string After(std::string_view beginning, std::string_view rest) {
  return std::string(beginning) + std::string(rest);
}

/// What is answered to STARTTLS after a message, before a plaintext server.
std::string_view LateAnswer(TlsMode client) {
  return client == kOff   ? "502 5.5.1 STARTTLS is not available"
         : client == kOpp ? "503 5.5.1 Too late for STARTTLS"
                          : "503 5.5.1 TLS is already active";
}

/// Plays it in every mode of the client, inside the TLS that `required` asks for. LATE is what STARTTLS is answered.
void PlayWholeSession(std::string_view transcript) {
  for (const TlsMode client : kModes) {
    std::string text(transcript);
    for (size_t at = 0; (at = text.find("LATE", at)) != std::string::npos;) text.replace(at, 4, LateAnswer(client));
    const std::string upgrade =
        client == kReq ? "C: STARTTLS\nc: 220 2.0.0 Ready to start TLS\n! tls-client\n@ up\n" : "";
    PlayBoth(client, kOff, After(kGreeted, upgrade + text));
  }
}

TEST(SmtpWholeSession, StarttlsBetweenMessagesDoesNotCross) {
  PlayWholeSession(R"(
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
    C: RCPT TO:<b>
    s: RCPT TO:<b>
    S: 250 ok
    c: 250 ok
    C: DATA
    s: DATA
    S: 354 go
    c: 354 go
    C: STARTTLS
    C: ..
    C: XCLIENT ADDR=1
    C+ \n.\nSTARTTLS\n.\r\nx\r.\r\n.\0\r\n..\r\n.\r\n
    s: STARTTLS
    s: ..
    s: XCLIENT ADDR=1
    s+ \n.\nSTARTTLS\n.\r\nx\r.\r\n.\0\r\n..\r\n.\r\n
    S: 250 taken
    c: 250 taken
    C: STARTTLS
    c: LATE
    C: RSET
    s: RSET
    S: 250 ok
    c: 250 ok
    C: XCLIENT ADDR=1
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
    C: XFORWARD ADDR=1
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 250-STARTTLS
    S: 250-XCLIENT ADDR
    S: 250 SIZE
    c: 250-old
    c: 250 SIZE
    C: STARTTLS
    c: LATE
  )");
}

// A client need not wait for its replies, but for the 354.
TEST(SmtpWholeSession, APipelinedMessage) {
  PlayWholeSession(R"(
    C: MAIL FROM:<a>
    C: RCPT TO:<b>
    C: DATA
    C: STARTTLS
    C: .
    C: STARTTLS
    C: NOOP
    s: MAIL FROM:<a>
    s: RCPT TO:<b>
    s: DATA
    S: 250 ok
    S: 250 ok
    c: 250 ok
    c: 250 ok
    S: 354 go
    c: 354 go
    s: STARTTLS
    s: .
    S: 250 taken
    c: 250 taken
    c: LATE
    s: NOOP
  )");
}

// What follows a DATA that was refused is commands.
TEST(SmtpWholeSession, ARefusedData) {
  PlayWholeSession(R"(
    C: DATA
    C: XCLIENT ADDR=1
    C: STARTTLS
    C: .
    s: DATA
    S: 503 no
    c: 503 no
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
    c: LATE
    s: .
  )");
}

/// The same, where an EHLO has listed CHUNKING.
void PlayChunks(TlsMode client, std::string_view protocol, std::string_view transcript) {
  const std::string offer = client == kOpp ? "c: 250-STARTTLS\n" : "";
  std::string text =
      "C: HELLO client\ns: HELLO client\nS: 250-old\nS: 250-XCLIENT ADDR\nS: 250 CHUNKING\nc: 250-old\n" + offer +
      "c: 250 CHUNKING\n" + std::string(transcript);
  for (size_t at = 0; (at = text.find("LATE", at)) != std::string::npos;) text.replace(at, 4, LateAnswer(client));
  Play({protocol, client, kOff}, InWordsOf(protocol, After(kGreeted, text)));
}

TEST(SmtpWholeSession, Chunks) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayChunks(client, "smtp", R"(
      C: MAIL FROM:<a>
      C: RCPT TO:<b>
      s: MAIL FROM:<a>
      s: RCPT TO:<b>
      S: 250 ok
      S: 250 ok
      c: 250 ok
      c: 250 ok
      C: BDAT 10
      C: STARTTLS
      C: bdat 2
      C+ \n.
      C: BDAT 0 LAST
      C: STARTTLS
      s: BDAT 10
      s: STARTTLS
      s: bdat 2
      s+ \n.
      s: BDAT 0 LAST
      S: 250 ten
      S: 250 two
      c: 250 ten
      c: 250 two
      S: 250 taken
      c: 250 taken
      c: LATE
    )");
  }
}

// Without a transaction there is one reply, however many recipients the last one had.
TEST(LmtpWholeSession, AChunkWithoutATransaction) {
  PlayChunks(kOff, "lmtp", R"(
    C: MAIL FROM:<a>
    C: RCPT TO:<b>
    C: RCPT TO:<c>
    s: MAIL FROM:<a>
    s: RCPT TO:<b>
    s: RCPT TO:<c>
    S: 250 ok
    S: 250 ok
    S: 250 ok
    c: 250 ok
    c: 250 ok
    c: 250 ok
    C: BDAT 2 LAST
    C+ ab
    s: BDAT 2 LAST
    s+ ab
    S: 503 5.5.1 no
    c: 503 5.5.1 no
    C: BDAT 2 LAST
    C+ ab
    s: BDAT 2 LAST
    s+ ab
    S: 503 5.5.1 no
    c: 503 5.5.1 no
    C: LHLO again
    s: LHLO again
    S: 250-old
    S: 250 XCLIENT ADDR
    c: 250 old
    C: XCLIENT ADDR=1
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
  )");
}

// RFC 2033 4.2: one reply for each recipient. The last chunk waits until their number is known.
TEST(LmtpWholeSession, AReplyForEachRecipient) {
  constexpr std::string_view kAfter = R"(
    S: 250 <b> taken
    S: 452 <d> full
    c: 250 <b> taken
    c: 452 <d> full
    s: LHLO again
    S: 250-old
    S: 250 STARTTLS
    c: 250 old
    C: STARTTLS
    c: LATE
    C: MAIL FROM:<a>
    C: DATA
    s: MAIL FROM:<a>
    s: DATA
    S: 250 ok
    S: 354 go
    c: 250 ok
    c: 354 go
    C: .
    C: LHLO once more
    s: .
    s: LHLO once more
    S: 554 no recipient
    S: 250-old
    S: 250 STARTTLS
    c: 554 no recipient
    c: 250 old
  )";
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayChunks(client, "lmtp", R"(
      C: MAIL FROM:<a>
      C: RCPT TO:<b>
      C: RCPT TO:<c>
      C: RCPT TO:<d>
      C: BDAT 10 LAST
      C: STARTTLS
      s: MAIL FROM:<a>
      s: RCPT TO:<b>
      s: RCPT TO:<c>
      s: RCPT TO:<d>
      S: 250 ok
      S: 250 ok
      S: 550 who?
      S: 250 ok
      c: 250 ok
      c: 250 ok
      c: 550 who?
      c: 250 ok
      s: BDAT 10 LAST
      s: STARTTLS
      C: LHLO again
      s: LHLO again
    )" + std::string(kAfter).replace(kAfter.find("    s: LHLO again\n"), 18, ""));
    PlayChunks(client, "lmtp", R"(
      C: MAIL FROM:<a>
      C: RCPT TO:<b>
      C: RCPT TO:<d>
      C: DATA
      s: MAIL FROM:<a>
      s: RCPT TO:<b>
      s: RCPT TO:<d>
      s: DATA
      S: 250 ok
      S: 250 ok
      S: 250 ok
      S: 354 go
      c: 250 ok
      c: 250 ok
      c: 250 ok
      c: 354 go
      C: STARTTLS
      C: .
      C: LHLO again
      s: STARTTLS
      s: .
      s: LHLO again
    )" + std::string(kAfter).replace(kAfter.find("    s: LHLO again\n"), 18, ""));
  }
}

// A server that does not know BDAT would execute the chunk's lines as commands.
TEST(SmtpWholeSession, NoChunksBeforeTheyAreListed) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayBoth(client, kOff, After(kGreeted, R"(
      C: BDAT 10 LAST
      C: NOOP
      c: 502 5.5.1 BDAT is not available
      s: NOOP
    )"));
    // The latest EHLO counts, and a HELO lists nothing.
    Play({"smtp", client, kOff}, After(kGreeted,
                                       "C: HELO client\nC: BDAT 10\nC: XCLIENT ADDR=1\ns: HELO client\n"
                                       "S: 250 old\nc: 250 old\nc: 502 5.5.1 BDAT is not available\n"
                                       "c: 550 5.7.1 XCLIENT and XFORWARD are not allowed"));
    PlayChunks(client, "smtp", R"(
      C: HELO client
      C: BDAT 10
      s: HELO client
      S: 250 old
      c: 250 old
      c: 502 5.5.1 BDAT is not available
    )");
  }
}

TEST(SmtpWholeSession, AChunkWhoseSizeIsUnclear) {
  for (const std::string_view line : {"BDAT", "BDAT x", "BDAT  5", "BDAT 5 LAST LAST", "BDAT 4294967301", "BDAT 05"}) {
    PlayChunks(
        kOff, "smtp",
        "C: " + std::string(line) + "\nc: 500 5.5.2 Syntax error: not a valid BDAT\n! fail protocol_error client");
  }
}

// With a security layer, or roles exchanged, nothing more can be read.
TEST(SmtpWholeSession, EndsWhereNothingMoreCanBeRead) {
  for (const std::string_view mechanism : {"GSSAPI", "DIGEST-MD5", "X-UNKNOWN YQ=="}) {
    const std::string auth = "AUTH " + std::string(mechanism);
    PlayBoth(kOff, kOff,
             After(kGreeted, "C: " + auth + "\ns: " + auth + "\nS: 535 no\nc: 535 no\nC: " + auth + "\ns: " + auth +
                                 "\nS: 334 YQ==\nc: 334 YQ==\nC: YQ==\ns: YQ==\n"
                                 "S: 235 in\nc: 235 in\n! relay"));
  }
  for (const std::string_view turn : {"TURN", "ATRN a.example"}) {
    PlayBoth(kOff, kOff,
             After(kGreeted, "C: " + std::string(turn) + "\nC: NOOP\ns: " + std::string(turn) +
                                 "\nS: 502 no\nc: 502 no\ns: NOOP\nS: 250 ok\nc: 250 ok\nC: " + std::string(turn) +
                                 "\ns: " + std::string(turn) + "\nS: 250 yours\nc: 250 yours\n! relay"));
  }
  for (const std::string_view mechanism : {"PLAIN AA==", "login AA==", "SCRAM-SHA-256 AA==", "EXTERNAL ="}) {
    const std::string auth = "AUTH " + std::string(mechanism);
    PlayBoth(kOff, kOff,
             After(kGreeted, "C: " + auth + "\ns: " + auth +
                                 "\nS: 235 in\nc: 235 in\n"
                                 "C: STARTTLS\nc: 502 5.5.1 STARTTLS is not available"));
  }
}

}  // namespace
}  // namespace starlock::test
