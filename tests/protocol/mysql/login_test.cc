// The packets between HandshakeResponse and OK or ERR, where only one leg has TLS.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

const std::string kOk("\x00\x00\x00\x02\x00\x00\x00", 7);
constexpr const char* kNote = "note: this login sends the password itself\n";

/// One leg with TLS; `ahead`: the server's sequence ids minus the client's.
struct Lopsided {
  TlsMode client;
  TlsMode server;
  int ahead;
};
constexpr Lopsided kLopsided[] = {{kReq, kOff, -1}, {kOpp, kOff, -1}, {kOff, kReq, 1},
                                  {kOff, kOpp, 1},  {kOff, kImp, 0},  {kImp, kOff, 0}};

/// A login up to the HandshakeResponse that is passed on.
std::string Begun(const Lopsided& legs) {
  const bool shown = legs.client == kReq || legs.client == kOpp;
  std::string text = Line('S', MysqlGreeting(true)) + Line('c', MysqlGreeting(shown));
  if (shown) text += Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n";
  const int id = shown ? 2 : 1;
  text += Line('C', MysqlResponse(id, shown));
  if (legs.ahead == 1) text += Line('s', MysqlSslRequest()) + "! tls-server\n@ up\n";
  return text + Line('s', MysqlResponse(id + legs.ahead, legs.ahead == 1));
}

/// The rest of a login, packet by packet, with consecutive ids. `after`: lines that follow a packet of the server.
class Rest {
 public:
  explicit Rest(const Lopsided& legs) : legs_(legs), id_(legs.client == kReq || legs.client == kOpp ? 3 : 2) {}

  Rest& Server(std::string_view payload, std::string_view after = "") {
    text_ += "--\n" + Line('S', MysqlPacket(id_ + legs_.ahead, payload)) + Line('c', MysqlPacket(id_, payload));
    text_ += after;
    ++id_;
    return *this;
  }
  Rest& Client(std::string_view payload) {
    text_ += Line('C', MysqlPacket(id_, payload)) + Line('s', MysqlPacket(id_ + legs_.ahead, payload));
    ++id_;
    return *this;
  }
  void PlayOnce() const { starlock::test::PlayOnce({"mysql", legs_.client, legs_.server}, Begun(legs_) + text_); }
  void Play() const { starlock::test::Play({"mysql", legs_.client, legs_.server}, Begun(legs_) + text_); }

 private:
  const Lopsided legs_;
  int id_;
  std::string text_;
};

TEST(MysqlLogin, AuthSwitch) {
  for (const Lopsided& legs : kLopsided) {
    Rest(legs)
        .Server(
            "\xfe"
            "client_ed25519")
        .Client("a signature")
        .Server(kOk, "! relay\n")
        .Play();
  }
}

TEST(MysqlLogin, AWrongPassword) {
  for (const Lopsided& legs : kLopsided) {
    Rest(legs).Server("\xff\x15\x04#28000Access denied", "! relay\n").Play();
    Rest(legs)
        .Server(
            "\xfe"
            "x")
        .Client("")
        .Server("\xff\x15\x04#28000Access denied", "! relay\n")
        .Play();
  }
}

TEST(MysqlLogin, CachingSha2FromTheCache) {
  for (const Lopsided& legs : kLopsided) Rest(legs).Server("\x01\x03").Server(kOk, "! relay\n").Play();
}

// The client asks for the key or sends its password, depending on its own leg. The server expects the opposite.
TEST(MysqlLogin, CachingSha2FullAuthentication) {
  for (const Lopsided& legs : kLopsided) {
    Rest(legs).Server("\x01\x04", kNote).Client("\x02").Server("\xff\x15\x04#28000no", "! relay\n").Play();
    Rest(legs)
        .Server(
            "\xfe"
            "caching_sha2_password")
        .Client("proof")
        .Server("\x01\x04", kNote)
        .Play();
    Rest(legs)
        .Server(std::string("\xfe"
                            "sha256_password\0salt",
                            21),
                kNote)
        .Client("\x01")
        .Server(
            "\x01"
            "key")
        .Play();
  }
}

TEST(MysqlLogin, OneNoteIsEnough) {
  Rest({kOff, kReq, 1}).Server("\x01\x04", kNote).Client("\x02").Server("\x01\x04").Client("\x02").Play();
}

// PAM's questions may begin with any byte except those of OK, ERR and a switch.
TEST(MysqlLogin, ADialogOfManyRounds) {
  for (const Lopsided& legs : kLopsided) {
    Rest rest(legs);
    for (int i = 0; i < 140; ++i) rest.Server("\x04?").Client("!");  // the ids wrap around
    rest.Server(kOk, "! relay\n").PlayOnce();
    if (legs.client != kReq) continue;
    Rest(legs).Server("").Client("").Server("\x02next factor").Client("x").Server(kOk, "! relay\n").Play();
  }
}

// A command that is pipelined before the OK does not belong to the login: its id stays 0.
TEST(MysqlLogin, ACommandSentAhead) {
  const std::string command = MysqlPacket(0, "\x03SELECT 1");
  for (const Lopsided& legs : kLopsided) {
    const int id = legs.client == kReq || legs.client == kOpp ? 3 : 2;
    Play({"mysql", legs.client, legs.server}, Begun(legs) + Line('C', command) + "blame: client\n" +
                                                  Line('S', MysqlPacket(id + legs.ahead, kOk)) +
                                                  Line('c', MysqlPacket(id, kOk)) + Line('s', command) + "! relay");
  }
}

TEST(MysqlLogin, APacketTooLong) {
  for (const Side side : {Side::kClient, Side::kServer}) {
    DialogueDriver driver = PlayOnce({"mysql", kReq, kOff}, Begun({kReq, kOff, -1}));
    driver.Arrive(side, std::string("\x00\x40\x00\x03", 4));
    EXPECT_EQ(driver.failure().end, End::kProtocolError);
    EXPECT_EQ(driver.failure().blame, side == Side::kClient ? Blame::kClient : Blame::kServer);
  }
}

}  // namespace
}  // namespace starlock::test
