#include "protocol/dialects.h"

#include "protocol/acap.h"
#include "protocol/acap_probe.h"
#include "protocol/ftp/ftp.h"
#include "protocol/ftp/probe.h"
#include "protocol/imap.h"
#include "protocol/imap_probe.h"
#include "protocol/irc.h"
#include "protocol/irc_probe.h"
#include "protocol/ldap.h"
#include "protocol/ldap_probe.h"
#include "protocol/managesieve.h"
#include "protocol/managesieve_probe.h"
#include "protocol/mysql/mysql.h"
#include "protocol/mysql/prober.h"
#include "protocol/nntp.h"
#include "protocol/nntp_probe.h"
#include "protocol/pop3.h"
#include "protocol/pop3_probe.h"
#include "protocol/postgres.h"
#include "protocol/postgres_probe.h"
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
    {"imap", 143, true, "imap", MakeImap, ProbeImap},
    {"pop3", 110, true, "pop3", MakePop3, ProbePop3},
    {"nntp", 119, true, "nntp", MakeNntp, ProbeNntp},
    {.name = "ftp",
     .default_port = 21,
     .starttls = true,
     .alpn = "ftp",
     .make = MakeFtp,
     .make_prober = ProbeFtp,
     .data_alpn = "ftp-data"},
    {"irc", 6667, true, "irc", MakeIrc, ProbeIrc},
    {"ldap", 389, true, "", MakeLdap, ProbeLdap},
    {"xmpp", 5222, true, "xmpp-client", MakeXmpp, ProbeXmpp},
    {"xmpp-server", 5269, true, "xmpp-server", MakeXmppServer, ProbeXmppServer},
    {"acap", 674, true, "", MakeAcap, ProbeAcap},
    {"managesieve", 4190, true, "managesieve", MakeManagesieve, ProbeManagesieve},
    {.name = "postgres",
     .default_port = 5432,
     .starttls = true,
     .alpn = "postgresql",
     .make = MakePostgres,
     .make_prober = ProbePostgres,
     .alpn_demanded = true},
    {"mysql", 3306, true, "", MakeMysql, ProbeMysql},
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
