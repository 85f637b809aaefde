#include "protocol/postgres/postgres.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/postgres/filter.h"
#include "protocol/postgres/probe.h"
#include "protocol/postgres/words.h"

// Read beside "SSL Session Encryption" in PostgreSQL's documentation, chapter "Frontend/Backend Protocol". The client
// speaks first, so its leg comes first; the server is dialled when it is known what for.
namespace starlock::protocol::postgres {
namespace {

/// The client role: SSLRequest, and an answer of one byte. Whatever lies behind that byte is no answer to us
/// (CVE-2021-23222), for which the Dialogue fails.
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
      case 'E':  // an ErrorResponse of anyone's making: its text is not for our client (CVE-2024-10977)
        return NoTls{End::kStarttlsRefused, false};
      default:
        return Fail{{End::kProtocolError, Blame::kServer, "not an answer to SSLRequest"}};
    }
  }

 private:
  Prologue& prologue_;
};

/// The server role: requests, each at most once, up to the packet that is the server's.
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
        // Kerberos would encrypt past us. Inside TLS a server takes the request for a version that it does not know.
        if (upgraded_ || std::exchange(asked_gss_, true)) return Unsupported("1234.5680", out);
        out.client() += 'N';
        return Read{};
      case Request::kUnknown:
        return Unsupported("1234", out);
      case Request::kCancel:
        // It carries a key and no login, and psql's is in plaintext whatever its session was: never refused. Nobody
        // knows at which of the addresses that session is.
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

  // The upgrade is only the beginning of this leg: what the client wants comes inside.
  LegAct OnTlsUp(Out&) override { return Read{}; }

 private:
  // Where the client's leg is to be plaintext, or is TLS from its first byte, this is `N`, whatever the server's leg
  // has; for most clients ask first, and go on without. A second SSLRequest is answered as PostgreSQL does.
  LegAct OnSsl(Out& out) {
    if (std::exchange(asked_ssl_, true)) return Unsupported("1234.5679", out);
    upgraded_ = Upgrades(prologue_.env.client);
    out.client() += upgraded_ ? 'S' : 'N';
    return upgraded_ ? LegAct(StartTls{}) : Read{};
  }

  static LegAct Unsupported(std::string_view version, Out& out) {
    out.client() += FatalError("0A000", "unsupported frontend protocol " + std::string(version));
    return Fail::Told(End::kProtocolError, Blame::kClient, "a request that is out of place");
  }

  Prologue& prologue_;
  bool asked_ssl_ = false;
  bool asked_gss_ = false;
  bool upgraded_ = false;
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_first = false;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
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
