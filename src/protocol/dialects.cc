#include "protocol/dialects.h"

#include "protocol/acap/acap.h"
#include "protocol/ftp/ftp.h"
#include "protocol/imap/imap.h"
#include "protocol/irc/irc.h"
#include "protocol/ldap/ldap.h"
#include "protocol/managesieve/managesieve.h"
#include "protocol/mysql/mysql.h"
#include "protocol/nntp/nntp.h"
#include "protocol/pop3/pop3.h"
#include "protocol/postgres/postgres.h"
#include "protocol/smtp/smtp.h"
#include "protocol/tcp/tcp.h"
#include "protocol/xmpp/xmpp.h"

namespace starlock::protocol {
namespace {

// In the order in which `--help` lists them.
constexpr const Dialect* kDialects[] = {
    &smtp::kSmtp,         &smtp::kLmtp,   &imap::kImap, &pop3::kPop3,       &nntp::kNntp, &ftp::kFtp,
    &irc::kIrc,           &ldap::kLdap,   &xmpp::kXmpp, &xmpp::kXmppServer, &acap::kAcap, &managesieve::kManagesieve,
    &postgres::kPostgres, &mysql::kMysql, &tcp::kTcp,
};

}  // namespace

std::span<const Dialect* const> Dialects() { return kDialects; }

const Dialect* FindDialect(std::string_view name) {
  for (const Dialect* dialect : kDialects) {
    if (dialect->name == name) return dialect;
  }
  return nullptr;
}

}  // namespace starlock::protocol
