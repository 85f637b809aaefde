#include "cli/demo_part.h"

namespace starlock::cli {
namespace {

constexpr DemoProtocol kDemos[] = {
    {"smtp", "587", "2525", SmtpDemoServer, SmtpDemoClient}, {"lmtp", "24", "2424", LmtpDemoServer, LmtpDemoClient},
    {"imap", "143", "1143", ImapDemoServer, ImapDemoClient}, {"pop3", "110", "1110", Pop3DemoServer, Pop3DemoClient},
    {"ldap", "389", "1389", LdapDemoServer, LdapDemoClient},
};

}  // namespace

const DemoProtocol* FindDemo(std::string_view protocol) {
  for (const DemoProtocol& demo : kDemos) {
    if (demo.name == protocol) return &demo;
  }
  return nullptr;
}

std::string DemoNames() {
  std::string names;
  for (const DemoProtocol& demo : kDemos) {
    if (!names.empty()) names += &demo == std::end(kDemos) - 1 ? " and " : ", ";
    names += demo.name;
  }
  return names;
}

}  // namespace starlock::cli
