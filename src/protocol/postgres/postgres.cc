#include "protocol/postgres/postgres.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/postgres/filter.h"
#include "protocol/postgres/probe.h"
#include "protocol/postgres/words.h"

// PostgreSQL's documentation, "Frontend/Backend Protocol", section "SSL Session Encryption". The client speaks first,
// so its leg comes first. The server is dialled once the client's request is known.
namespace starlock::protocol::postgres {
namespace {

/// The client role: SSLRequest and a reply of one byte. If more bytes follow, the Dialogue fails the session
/// (CVE-2021-23222).
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    if (!Upgrades(prologue_.env.server)) return Settled{};
    out.server() += kSslRequest;
    return Read{};
  }

  Frame Cut(std::string_view, Scan&) override { return Frame::Whole(1); }

  LegAct On(std::string_view answer, Out&) override {
    switch (answer.front()) {
      case 'S':
        return StartTls{};
      case 'N':
        return NoTls{End::kStarttlsNotOffered, true};
      case 'E':  // an ErrorResponse before TLS can be forged: our client must not see its text (CVE-2024-10977)
        return NoTls{End::kStarttlsRefused, false};
      default:
        return Fail{{End::kProtocolError, Blame::kServer, "not an answer to SSLRequest"}};
    }
  }

 private:
  Prologue& prologue_;
};

/// The server role: answers each kind of request at most once, up to the packet that belongs to the server.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return CutRequest(in); }

  LegAct On(std::string_view packet, Out& out) override {
    switch (Classify(packet)) {
      case Request::kSsl:
        return OnSsl(out);
      case Request::kGss:
        // We cannot read Kerberos encryption. Inside TLS, a server treats this request as an unknown version.
        if (upgraded_ || std::exchange(asked_gss_, true)) return Unsupported("1234.5680", out);
        out.client() += 'N';
        return Read{};
      case Request::kUnknown:
        return Unsupported("1234", out);
      case Request::kCancel:
        // It carries a key but no login, and psql sends it in plaintext even if its session has TLS, so it is never
        // refused. It must go to each address, because the address of that session is unknown.
        prologue_.for_each = packet;
        return Settled{.keep = true};
      case Request::kStartup:
        break;
    }
    if (prologue_.env.client != TlsMode::kRequired || prologue_.client_tls) return Settled{.keep = true};
    prologue_.refused = true;
    out.client() += FatalError("28000", "TLS is required here: connect with sslmode=require or stricter");
    return Fail::Told(End::kTlsRequired, Blame::kClient, "the client did not ask for TLS");
  }

  // The client's request follows inside TLS.
  LegAct OnTlsUp(Out&) override { return Read{}; }

 private:
  // If the client leg is plaintext or implicit TLS, the reply is `N`, whatever the server leg has. Most clients then
  // continue without an upgrade. A second SSLRequest gets the same error as from PostgreSQL.
  LegAct OnSsl(Out& out) {
    if (std::exchange(asked_ssl_, true)) return Unsupported("1234.5679", out);
    upgraded_ = Upgrades(prologue_.env.client);
    out.client() += upgraded_ ? 'S' : 'N';
    return upgraded_ ? LegAct(StartTls{}) : Read{};
  }

  static LegAct Unsupported(std::string_view version, Out& out) {
    out.client() += FatalError("0A000", fmt::format("unsupported frontend protocol {}", version));
    return Fail::Told(End::kProtocolError, Blame::kClient, "unexpected request");
  }

  Prologue& prologue_;
  bool asked_ssl_ = false;
  bool asked_gss_ = false;
  bool upgraded_ = false;
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_first = false;
  parts.server_leg = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<PostgresFilter>(prologue); };
  parts.filters = [](const Prologue& prologue) { return prologue.server_tls; };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace

const Dialect kPostgres = {
    .name = "postgres",
    .default_port = 5432,
    .alpn = "postgresql",
    .alpn_required = true,
    .make_dialogue = Make,
    .make_prober = MakePostgresProber,
};

}  // namespace starlock::protocol::postgres
