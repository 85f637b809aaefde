#include "protocol/mysql/prober.h"

#include "protocol/mysql/packets.h"

namespace starlock::protocol {
namespace {

class MysqlProber final : public Negotiator {
 public:
  explicit MysqlProber(Findings& findings) : findings_(findings) {}

  LegVerdict Begin(Out&) override { return LegVerdict::Read(); }

  Frame Cut(std::string_view in) override { return mysql::CutPacket(in); }

  LegVerdict On(std::string_view packet, Out& out) override {
    if (mysql::IsError(packet)) {
      findings_.greeting = "ERR " + std::to_string(mysql::ErrorCode(packet)) + " ";
      findings_.greeting->append(mysql::ErrorText(packet));
      return LegVerdict::Fail(End::kStarttlsNotOffered, Blame::kServer, "the server refused service");
    }
    const auto greeting = mysql::ParseGreeting(packet);
    if (!greeting) {
      return LegVerdict::Fail(End::kProtocolError, Blame::kServer, "not a greeting of MySQL 4.1 or newer");
    }
    findings_.greeting = greeting->version;
    findings_.before = mysql::NamesOf(greeting->capabilities);
    if (!greeting->plugin.empty()) findings_.before->push_back("auth=" + std::string(greeting->plugin));
    findings_.offers_upgrade = (greeting->capabilities & mysql::kSsl) != 0;
    if (!*findings_.offers_upgrade) {
      return LegVerdict::Fail(End::kStarttlsNotOffered, Blame::kServer, "the server does not offer TLS");
    }
    constexpr uint32_t kNeeded = mysql::kProtocol41 | mysql::kSsl | mysql::kSecureConnection | mysql::kPluginAuth;
    out.server() += mysql::SslRequest(greeting->capabilities & kNeeded);
    return LegVerdict::Upgrade();
  }

 private:
  Findings& findings_;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeMysql(const std::string&, Findings& findings) {
  return std::make_unique<MysqlProber>(findings);
}

}  // namespace starlock::protocol
