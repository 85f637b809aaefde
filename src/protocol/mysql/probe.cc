#include "protocol/mysql/probe.h"

#include "protocol/mysql/packets.h"

namespace starlock::protocol::mysql {
namespace {

class MysqlProber final : public Negotiator {
 public:
  explicit MysqlProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return mysql::CutPacket(in); }

  LegAct On(std::string_view packet, Out& out) override {
    if (mysql::IsError(packet)) {
      findings_.greeting = "ERR " + std::to_string(mysql::ErrorCode(packet)) + " ";
      findings_.greeting->append(mysql::ErrorText(packet));
      return Fail{{End::kStarttlsNotOffered, Blame::kServer, "the server refused service"}};
    }
    const auto greeting = mysql::ParseGreeting(packet);
    if (!greeting) {
      return Fail{{End::kProtocolError, Blame::kServer, "not a greeting of MySQL 4.1 or newer"}};
    }
    findings_.greeting = greeting->version;
    findings_.before = mysql::NamesOf(greeting->capabilities);
    if (!greeting->plugin.empty()) findings_.before->push_back("auth=" + std::string(greeting->plugin));
    findings_.offers_upgrade = (greeting->capabilities & mysql::kSsl) != 0;
    if (!*findings_.offers_upgrade) {
      return Fail{{End::kStarttlsNotOffered, Blame::kServer, "the server does not offer TLS"}};
    }
    constexpr uint32_t kNeeded = mysql::kProtocol41 | mysql::kSsl | mysql::kSecureConnection | mysql::kPluginAuth;
    out.server() += mysql::SslRequest(greeting->capabilities & kNeeded);
    return StartTls{};
  }

 private:
  Findings& findings_;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeMysql(const std::string&, Findings& findings) {
  return std::make_unique<MysqlProber>(findings);
}

}  // namespace starlock::protocol::mysql
