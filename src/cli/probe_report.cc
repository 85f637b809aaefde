#include "cli/probe_report.h"

#include <fmt/format.h>

namespace starlock::cli {

std::vector<std::string> Warnings(const ProbeReport& report, Time now) {
  std::vector<std::string> warnings;
  for (const tls::CertificateInfo& certificate : report.peer.chain) {
    const auto left = certificate.not_after - now;
    if (left < std::chrono::seconds(0) || left >= kSoon) continue;
    warnings.push_back(fmt::format("the certificate of {} expires in {}", certificate.subject, Days(left)));
  }
  return warnings;
}

}  // namespace starlock::cli
