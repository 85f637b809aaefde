// Both peers of an SMTP or LMTP session, saying anything in any order, with the session's events between. The first
// byte chooses the protocol and the modes; the rest is pieces, each begun by a byte that says what it is:
//   \1 the client's bytes   \2 the server's   \3 what was asked for is done   \4 the server's handshake failed
//   \5 the session is abandoned   \6 \7 as \1 \2, but byte by byte

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/dialects.h"
#include "support/dialogue_driver.h"
#include "support/smtp_watch.h"

namespace {

using namespace starlock;        // NOLINT(google-build-using-namespace)
using namespace starlock::test;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kHost = "proxy.example.org";

void Deliver(DialogueDriver& driver, Side side, std::string_view bytes, bool byte_by_byte) {
  const size_t piece = byte_by_byte ? 1 : bytes.size() + 1;
  for (size_t at = 0; at < bytes.size(); at += piece) driver.Arrive(side, bytes.substr(at, piece));
}

void Do(DialogueDriver& driver, char what, std::string_view bytes) {
  const bool busy =
      driver.act() == ActKind::kDial || driver.act() == ActKind::kTlsClient || driver.act() == ActKind::kTlsServer;
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const unsigned mode = data[0];
  const auto client = static_cast<TlsMode>(mode & 3U);
  const auto server = static_cast<TlsMode>((mode >> 2U) & 3U);
  const std::string_view protocol = (mode & 16U) != 0 ? "lmtp" : "smtp";

  DialogueDriver driver(protocol::FindDialect(protocol)->make_dialogue({std::string(kHost), client, server}));
  driver.Open();
  SmtpWatch watch(driver, protocol, kHost, client, server);
  constexpr std::string_view kMarks = "\1\2\3\4\5\6\7";
  for (size_t at = input.find_first_of(kMarks); at != std::string_view::npos;) {
    const size_t end = input.find_first_of(kMarks, at + 1);
    const std::string_view bytes = input.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
    watch.Step([&](DialogueDriver& driven) { Do(driven, input[at], bytes); });
    at = end;
  }
  return 0;
}
