// LDAP's two roles face each other in every pair of modes that fits, in pieces of every size.

#include "facing.h"

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

using namespace ldap;  // NOLINT: the messages

bool Holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

const std::string kSearched = Entry(4, Attribute("description", {std::string(700, 'd')}), "o=x");

/// Calls `take` with each whole message that has come.
template <typename Take>
std::string ForEach(std::string& partial, std::string_view bytes, Take take) {
  partial += bytes;
  std::string said;
  for (auto frame = protocol::ldap::ber::Cut(partial); frame.kind == protocol::Frame::Kind::kWhole;
       frame = protocol::ldap::ber::Cut(partial)) {
    said += take(partial.substr(0, frame.size));
    partial.erase(0, frame.size);
  }
  return said;
}

/// Looks at the root DSE, upgrades where it is meant to, looks again, binds, searches and leaves.
class Client final : public Peer {
 public:
  Client(bool upgrades, bool looks_first) : upgrades_(upgrades), looks_first_(looks_first) {}

  std::string Begin() override {
    if (upgrades_ && !looks_first_) return StartTls(2);
    return Search(1, "", "+");
  }
  std::string Take(std::string_view bytes) override {
    return ForEach(partial_, bytes, [this](const std::string& whole) { return OnMessage(whole); });
  }
  std::string TlsUp() override { return upgrades_ ? Search(3, "", "+") : ""; }

  bool offered() const { return offered_; }
  bool searched() const { return searched_; }

 private:
  std::string OnMessage(const std::string& whole) {
    const auto message = protocol::ldap::Parse(whole);
    if (message.op == protocol::ldap::Op::kSearchResultEntry && message.id != 4) offered_ = Holds(whole, kOid);
    searched_ = searched_ || whole == kSearched;
    if (!protocol::ldap::IsFinal(message.op)) return {};
    switch (message.id) {
      case 1:
        return upgrades_ ? StartTls(2) : Bind(5);
      case 3:
        return Bind(5);
      case 5:
        return Search(4, "o=x");
      case 4:
        return Unbind(6);
      default:
        return {};
    }
  }

  const bool upgrades_;
  const bool looks_first_;
  bool offered_ = false;
  bool searched_ = false;
  std::string partial_;
};

class Server final : public Peer {
 public:
  explicit Server(bool offers) : offers_(offers) {}

  std::string Take(std::string_view bytes) override {
    return ForEach(partial_, bytes, [this](const std::string& whole) { return Answer(whole); });
  }
  std::string TlsUp() override {
    offers_ = false;
    return {};
  }

 private:
  std::string Answer(const std::string& whole) const {
    const auto message = protocol::ldap::Parse(whole);
    switch (message.op) {
      case protocol::ldap::Op::kBindRequest:
        return Result(message.id, 0x61, 0);
      case protocol::ldap::Op::kExtendedRequest:
        return Result(message.id, 0x78, offers_ ? 0 : 2);
      case protocol::ldap::Op::kSearchRequest:
        return (message.id == 4 ? kSearched : Root(message.id)) + Result(message.id, 0x65, 0);
      default:
        return {};
    }
  }
  std::string Root(int id) const {
    std::vector<std::string> values = {"1.3.6.1.1.8"};
    if (offers_) values.emplace_back(kOid);
    return Entry(id, Attribute("supportedExtension", values));
  }

  bool offers_;
  std::string partial_;
};

void Check(const Pairing& pairing, size_t piece) {
  Client client(pairing.upgrades, pairing.client == kOpp);
  Chain chain(pairing, piece, client, [&] { return std::make_unique<Server>(Upgrading(pairing.upstream)); });
  chain.Run();
  if (pairing.sidecar == kReq && pairing.front == kOff) {
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_TRUE(Holds(chain.heard(), Notice(52, "Service not available: no secure connection")));
    EXPECT_FALSE(Holds(chain.served(), Bind(5)));
  } else if (pairing.sidecar == kOff && pairing.front == kReq) {
    EXPECT_TRUE(Holds(chain.heard(), Result(5, 0x61, 13, "StartTLS is required first")));
    EXPECT_FALSE(client.searched());
    EXPECT_FALSE(Holds(chain.served(), Bind(5)));
  } else {
    chain.ExpectMet();
    EXPECT_EQ(client.offered(), pairing.client == kOpp && !pairing.upgrades);
    EXPECT_TRUE(client.searched());
    const std::string last = Bind(5) + Search(4, "o=x") + Unbind(6);
    EXPECT_TRUE(Holds(chain.served(), last));
  }
}

TEST(LdapFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("ldap")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      Check(pairing, piece);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
