#include "demo/part.h"

namespace starlock::demo {
namespace {

constexpr PartProtocol kProtocols[] = {
    {"smtp", "587", "2525", MakeSmtpServer, MakeSmtpClient}, {"lmtp", "24", "2424", MakeLmtpServer, MakeLmtpClient},
    {"imap", "143", "1143", MakeImapServer, MakeImapClient}, {"pop3", "110", "1110", MakePop3Server, MakePop3Client},
    {"ldap", "389", "1389", MakeLdapServer, MakeLdapClient},
};

}  // namespace

const PartProtocol* FindPartProtocol(std::string_view protocol) {
  for (const PartProtocol& known : kProtocols) {
    if (known.name == protocol) return &known;
  }
  return nullptr;
}

std::string PartProtocolNames() {
  std::string names;
  for (const PartProtocol& known : kProtocols) {
    if (!names.empty()) names += &known == std::end(kProtocols) - 1 ? " and " : ", ";
    names += known.name;
  }
  return names;
}

}  // namespace starlock::demo
