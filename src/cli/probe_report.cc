#include "cli/probe_report.h"

#include <array>
#include <ctime>

namespace starlock::cli {

std::string UtcTime(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "";
  return {text.data(), std::strftime(text.data(), text.size(), "%FT%TZ", &parts)};
}

int64_t DaysLeft(const tls::CertificateInfo& certificate, std::chrono::system_clock::time_point now) {
  return std::chrono::floor<std::chrono::days>(certificate.not_after - now).count();
}

std::string Days(int64_t count) { return std::to_string(count) + (count == 1 ? " day" : " days"); }

std::vector<std::string> Warnings(const ProbeReport& report, std::chrono::system_clock::time_point now) {
  std::vector<std::string> warnings;
  for (const tls::CertificateInfo& certificate : report.peer.chain) {
    const int64_t left = DaysLeft(certificate, now);
    if (left < 0 || left >= kFewDays) continue;
    warnings.push_back("the certificate of " + certificate.subject + " expires in " + Days(left));
  }
  return warnings;
}

}  // namespace starlock::cli
