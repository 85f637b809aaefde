#include "protocol/dialects.h"

#include "protocol/acap.h"
#include "protocol/acap_probe.h"
#include "protocol/managesieve.h"
#include "protocol/managesieve_probe.h"
#include "protocol/imap.h"
#include "protocol/imap_probe.h"
#include "protocol/postgres.h"
#include "protocol/postgres_probe.h"
#include "protocol/ftp/ftp.h"
#include "protocol/ftp/probe.h"
#include "protocol/nntp.h"
#include "protocol/nntp_probe.h"
#include "protocol/pop3.h"
#include "protocol/pop3_probe.h"
#include "protocol/smtp.h"
#include "protocol/smtp_probe.h"
#include "protocol/tcp.h"
#include "protocol/xmpp.h"
#include "protocol/xmpp_probe.h"

namespace starlock::protocol {
namespace {

constexpr Dialect kDialects[] = {
    {"smtp", 25, true, "smtp", MakeSmtp, ProbeSmtp},
    {"lmtp", 24, true, "lmtp", MakeLmtp, ProbeLmtp},
    {"managesieve", 4190, true, "managesieve", MakeManagesieve, ProbeManagesieve},
    {"acap", 674, true, "", MakeAcap, ProbeAcap},
    {"imap", 143, true, "imap", MakeImap, ProbeImap},
    {"xmpp", 5222, true, "xmpp-client", MakeXmpp, ProbeXmpp},
    {"xmpp-server", 5269, true, "xmpp-server", MakeXmppServer, ProbeXmppServer},
    {"postgres", 5432, true, "postgresql", MakePostgres, ProbePostgres, true},
    {"ftp", 21, true, "ftp", MakeFtp, ProbeFtp, "ftp-data"},
    {"pop3", 110, true, "pop3", MakePop3, ProbePop3},
    {"nntp", 119, true, "nntp", MakeNntp, ProbeNntp},
    {"tcp", 0, false, "", MakeTcp, ProbeTcp},
};

}  // namespace

std::span<const Dialect> Dialects() { return kDialects; }

const Dialect* FindDialect(std::string_view name) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

}  // namespace starlock::protocol
