// Complete negotiations, from the client's connect to the relay, without sockets and TLS: the cost of the protocol code
// per session.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/dialects.h"

namespace {

using starlock::TlsMode;
using starlock::protocol::Act;
using starlock::protocol::Event;
using starlock::protocol::Is;
using starlock::protocol::Read;
using starlock::protocol::Relay;
using starlock::protocol::Side;

struct Line {
  Side side;
  std::string_view bytes;
};

/// Drives a dialogue as a session does. Every act succeeds at once, and the peers' lines arrive in the script's order.
Act Negotiate(const starlock::protocol::Dialect& dialect, TlsMode client, TlsMode server,
              const std::vector<Line>& script) {
  const auto dialogue = dialect.make_dialogue({"proxy.example.org", client, server, "nonce", "192.0.2.1"});
  std::string input[2];
  starlock::protocol::Out out;
  starlock::protocol::Step step = dialogue->Notify(Event::kStart, Side::kClient, out);
  auto next = script.begin();
  while (true) {
    if (Is<starlock::protocol::Dial>(step.act)) {
      step = dialogue->Notify(Event::kUpstreamUp, Side::kServer, out);
      continue;
    }
    if (const auto* upgrade = std::get_if<starlock::protocol::Upgrade>(&step.act)) {
      input[starlock::protocol::Index(upgrade->side)].clear();
      step = dialogue->Notify(Event::kTlsUp, upgrade->side, out);
      continue;
    }
    if (!Is<Read>(step.act)) return step.act;
    step = dialogue->Advance(input[0], input[1], out);
    for (const size_t side : {0U, 1U}) input[side].erase(0, step.used[side]);
    if (!Is<Read>(step.act) || step.used[0] + step.used[1] > 0) continue;
    if (next == script.end()) return Read{};
    input[starlock::protocol::Index(next->side)] += next->bytes;
    ++next;
  }
}

void Run(benchmark::State& state, std::string_view protocol, TlsMode client, TlsMode server,
         const std::vector<Line>& script) {
  const auto* dialect = starlock::protocol::FindDialect(protocol);
  if (!Is<Relay>(Negotiate(*dialect, client, server, script)))
    return state.SkipWithError("the negotiation did not reach the relay");
  for (auto _ : state) benchmark::DoNotOptimize(Negotiate(*dialect, client, server, script));
}

void BM_SmtpServerRole(benchmark::State& state) {
  Run(state, "smtp", TlsMode::kRequired, TlsMode::kOff,
      {{Side::kServer, "220 legacy.example.net ESMTP\r\n"},
       {Side::kClient, "EHLO client.example.org\r\n"},
       {Side::kClient, "STARTTLS\r\n"},
       {Side::kClient, "EHLO client.example.org\r\n"},
       {Side::kServer, "250-legacy.example.net\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n"},
       {Side::kClient, "MAIL FROM:<a@example.org>\r\n"},
       {Side::kServer, "250 ok\r\n"}});
}
BENCHMARK(BM_SmtpServerRole);

void BM_SmtpClientRole(benchmark::State& state) {
  Run(state, "smtp", TlsMode::kOff, TlsMode::kRequired,
      {{Side::kServer, "220 mail.example.net ESMTP\r\n"},
       {Side::kServer, "250-mail.example.net\r\n250 STARTTLS\r\n"},
       {Side::kServer, "220 go\r\n"},
       {Side::kServer, "250-mail.example.net\r\n250 8BITMIME\r\n"}});
}
BENCHMARK(BM_SmtpClientRole);

void BM_ImapServerRole(benchmark::State& state) {
  Run(state, "imap", TlsMode::kRequired, TlsMode::kOff,
      {{Side::kServer, "* OK legacy.example.net\r\n"},
       {Side::kClient, "a1 CAPABILITY\r\n"},
       {Side::kClient, "a2 STARTTLS\r\n"},
       {Side::kClient, "a3 LOGIN user secret\r\n"},
       {Side::kServer, "a3 OK done\r\n"}});
}
BENCHMARK(BM_ImapServerRole);

void BM_PostgresClientRole(benchmark::State& state) {
  using std::string_view_literals::operator""sv;
  Run(state, "postgres", TlsMode::kOff, TlsMode::kRequired,
      {{Side::kClient, "\x00\x00\x00\x16\x00\x03\x00\x00user\0someone\0\0"sv},
       {Side::kServer, "S"},
       {Side::kServer, "R\x00\x00\x00\x08\x00\x00\x00\x00"sv}});
}
BENCHMARK(BM_PostgresClientRole);

// A reply of 16 KiB and many lines that arrives one byte at a time: the cost of finding its end.
void BM_SmtpReplyByteByByte(benchmark::State& state) {
  std::string reply;
  while (reply.size() < size_t{15} * 1024) reply += "250-EXTENSION with some text that fills the line of the reply\r\n";
  reply += "250 HELP\r\n";
  const auto* dialect = starlock::protocol::FindDialect("smtp");
  for (auto _ : state) {
    const auto dialogue =
        dialect->make_dialogue({"proxy.example.org", TlsMode::kOff, TlsMode::kOpportunistic, "nonce", "192.0.2.1"});
    starlock::protocol::Out out;
    dialogue->Notify(Event::kStart, Side::kClient, out);
    dialogue->Notify(Event::kUpstreamUp, Side::kServer, out);
    dialogue->Advance({}, "220 mail.example.net\r\n", out);
    size_t used = 0;
    for (size_t size = 1; size <= reply.size(); ++size) {
      used += dialogue->Advance({}, std::string_view(reply).substr(0, size), out).used[1];
    }
    if (used != reply.size()) return state.SkipWithError("the reply was not one unit");
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(reply.size()));
}
BENCHMARK(BM_SmtpReplyByteByByte);

}  // namespace
