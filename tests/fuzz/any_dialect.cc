// Both peers of a session in one dialect (kFuzzProtocol), saying anything in any order, with the session's events
// between: what must hold in every protocol. The first byte is the client's mode, and the server's shifted by two; the
// rest is pieces, each begun by a byte that says what it is:
//   \1 the client's bytes   \2 the server's   \3 what was asked for is done   \4 the server's handshake failed
//   \5 the session is abandoned   \6 \7 as \1 \2, but byte by byte
// In a binary protocol these bytes occur in the payload too: there they and ESC are ESC (\x1b) and the byte ^ \x40.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/dialects.h"
#include "support/dialogue_driver.h"

/// The protocol that this program is for: in a file of its own, written by CMakeLists.txt.
extern const char* const kFuzzProtocol;

namespace {

using namespace starlock;        // NOLINT(google-build-using-namespace)
using namespace starlock::test;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kMarks("\1\2\3\4\5\6\7");

/// The next piece of `input`, unescaped; the mark is its first byte.
std::string TakePiece(std::string_view& input) {
  std::string piece(1, input[0]);
  size_t at = 1;
  for (; at < input.size() && kMarks.find(input[at]) == std::string_view::npos; ++at) {
    const bool escaped = input[at] == '\x1b' && at + 1 < input.size();
    piece += escaped ? static_cast<char>(input[++at] ^ '\x40') : input[at];
  }
  input.remove_prefix(at);
  return piece;
}

void Deliver(DialogueDriver& driver, Side side, std::string_view bytes, bool byte_by_byte) {
  const size_t piece = byte_by_byte ? 1 : bytes.size() + 1;
  for (size_t at = 0; at < bytes.size(); at += piece) driver.Arrive(side, bytes.substr(at, piece));
}

void Do(DialogueDriver& driver, char what, std::string_view bytes) {
  const bool busy = !driver.over() && driver.act() != ActKind::kRead;
  switch (what) {
    case 1:
    case 6:
      return Deliver(driver, Side::kClient, bytes, what == 6);
    case 2:
    case 7:
      return Deliver(driver, Side::kServer, bytes, what == 7);
    case 3:
      if (busy) driver.Succeed();
      return;
    case 4:
      if (driver.act() == ActKind::kTlsServer) driver.FailTls();
      return;
    default:
      if (!driver.over()) driver.Abandon({End::kDrained, Blame::kNone, "shutting down"});
  }
}

void DemandOrder(const DialogueDriver& driver, std::string_view protocol, TlsMode client, TlsMode server) {
  if (driver.act() == ActKind::kRelay) {
    // A cancel of PostgreSQL's crosses without TLS, for its clients know no other.
    const bool may_cross = protocol == "postgres";
    Demand(client != TlsMode::kRequired || driver.tls_up(Side::kClient) || may_cross,
           "no relay before the client's TLS");
    Demand(server != TlsMode::kRequired || driver.tls_up(Side::kServer), "no relay before the server's TLS");
    Demand(client != TlsMode::kImplicit || driver.tls_up(Side::kClient), "an implicit leg is inside TLS");
    Demand(server != TlsMode::kImplicit || driver.tls_up(Side::kServer), "an implicit leg is inside TLS");
  }
  if (driver.act() == ActKind::kFail) {
    Demand(driver.failure().end != End::kInternal, "nothing is our own failure");
    Demand(*driver.failure().why != '\0', "every failure has a reason");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto client = static_cast<TlsMode>(data[0] & 3U);
  const auto server = static_cast<TlsMode>((data[0] >> 2U) & 3U);
  input.remove_prefix(1);

  protocol::Env env;
  env.host = "proxy.example.org";
  env.client = client;
  env.server = server;
  DialogueDriver driver(protocol::FindDialect(kFuzzProtocol)->make_dialogue(env));
  driver.Open();
  input.remove_prefix(std::min(input.find_first_of(kMarks), input.size()));
  while (!input.empty()) {
    const std::string piece = TakePiece(input);
    Do(driver, piece[0], std::string_view(piece).substr(1));
    DemandOrder(driver, kFuzzProtocol, client, server);
  }
  return 0;
}
