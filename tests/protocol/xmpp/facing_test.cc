// Our two roles face each other: a sidecar's server leg speaks to a front's client leg, in every pair of modes that
// fit, with every size of the pieces in which their bytes are carried.

#include "facing.h"

#include <gtest/gtest.h>

#include <utility>

#include "scenes.h"

namespace starlock::test {
namespace {

std::string Xml(std::string_view text) { return InXml("xmpp", text); }

/// A peer that looks for the next of several marks in what it was sent.
class Listener : public Peer {
 protected:
  /// Takes all up to and including `mark` off what was sent; false: it is not there yet.
  bool Heard(std::string_view mark) {
    const size_t at = unread_.find(mark);
    if (at == std::string::npos) return false;
    last_ = unread_.substr(0, at + mark.size());
    unread_.erase(0, at + mark.size());
    return true;
  }

  std::string unread_, last_;
};

constexpr std::string_view kMessage = "<message to='x'><body>{STARTTLS}</body></message>";

class Client final : public Listener {
 public:
  explicit Client(bool upgrades) : upgrades_(upgrades) {}

  std::string Begin() override { return Xml("{C}"); }
  std::string TlsUp() override {
    tls_ = true;
    state_ = State::kOpening;
    return Xml("{C}");
  }

  std::string Take(std::string_view bytes) override {
    unread_ += bytes;
    std::string said;
    while (Move(said)) {
    }
    return said;
  }

 private:
  enum class State { kOpening, kUpgrading, kAuthenticating, kIn, kOver };

  bool Move(std::string& said) {
    switch (state_) {
      case State::kOpening:
        if (!Heard("</stream:features>")) return false;
        state_ = upgrades_ && !tls_ && last_.find("<starttls") != std::string::npos ? State::kUpgrading
                                                                                    : State::kAuthenticating;
        said += Xml(state_ == State::kUpgrading ? "{STARTTLS}" : "{AUTH}");
        return true;
      case State::kUpgrading:
        return false;
      case State::kAuthenticating:
        if (!Heard(Xml("{SUCCESS}"))) return false;
        state_ = State::kIn;
        said += Xml("{C}");
        return true;
      case State::kIn:
        if (!Heard("</stream:features>")) return false;
        state_ = State::kOver;
        said += Xml(std::string(kMessage) + "</s:stream>");
        return true;
      case State::kOver:
        break;
    }
    return false;
  }

  const bool upgrades_;
  bool tls_ = false;
  State state_ = State::kOpening;
};

class Server final : public Listener {
 public:
  explicit Server(bool offers) : offers_(offers) {}

  std::string TlsUp() override {
    offers_ = false;
    return {};
  }

  std::string Take(std::string_view bytes) override {
    unread_ += bytes;
    std::string said;
    while (Heard(">")) {
      if (last_.find("<s:stream ") != std::string::npos) {
        said += Xml(offers_ ? "{S}<stream:features>{STARTTLS}<x/></stream:features>"
                            : "{S}<stream:features><x/></stream:features>");
      } else if (last_ == Xml("{STARTTLS}") && !in_message_) {
        said += Xml("{PROCEED}");
      } else if (last_.find("</auth>") != std::string::npos) {
        said += Xml("{SUCCESS}");
      } else if (last_.find("<message") != std::string::npos) {
        in_message_ = true;
      } else if (last_ == "</message>") {
        in_message_ = false;
        ++messages_;
      } else if (last_ == "</s:stream>") {
        said += "</stream:stream>";
      }
    }
    return said;
  }

  int messages() const { return messages_; }

 private:
  bool offers_;
  bool in_message_ = false;
  int messages_ = 0;
};

void Check(const Pairing& p, const Chain& chain) {
  const auto* server = static_cast<const Server*>(chain.server());
  if (p.sidecar == kReq && p.front == kOff) {
    // The front takes every offer of STARTTLS out, and the sidecar must have it.
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_NE(chain.heard().find("<remote-connection-failed "), std::string::npos);
    EXPECT_EQ(server->messages(), 0);
    return;
  }
  if (p.sidecar == kOff && p.front == kReq) {
    // The sidecar does not upgrade, and the front must have it.
    EXPECT_NE(chain.heard().find("<encryption-required/>"), std::string::npos);
    EXPECT_EQ(chain.served().find("<auth"), std::string::npos);
    return;
  }
  chain.ExpectMet();
  EXPECT_EQ(server->messages(), 1);
  EXPECT_NE(chain.heard().find(Xml("{S}")), std::string::npos) << "the upstream's own";
  const std::string end = "</stream:stream>";
  EXPECT_EQ(chain.heard().substr(chain.heard().size() - end.size()), end);
}

TEST(XmppFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("xmpp")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      Client client(pairing.upgrades);
      Chain chain(pairing, piece, client, [&] { return std::make_unique<Server>(Upgrading(pairing.upstream)); });
      chain.Run();
      Check(pairing, chain);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
