#include "cli/expiry.h"

#include <algorithm>

namespace starlock::cli {
namespace {

// The names that a certificate is good for, or who it says it is.
std::string Whose(const tls::CertificateInfo& info) {
  constexpr size_t kShown = 4;
  if (info.names.empty()) return info.subject;
  std::string result = info.names[0];
  for (size_t i = 1; i < std::min(kShown, info.names.size()); ++i) result += ", " + info.names[i];
  if (info.names.size() > kShown) result += " and " + std::to_string(info.names.size() - kShown) + " more";
  return result;
}

// What there is to say against the time in which a certificate is valid; empty: nothing.
std::string WrongWithTime(const tls::CertificateInfo& info, Time now) {
  if (info.not_after < now) return "expired on " + Date(info.not_after) + ", " + Days(now - info.not_after) + " ago";
  if (info.not_before > now) return "is not valid before " + Date(info.not_before);
  if (info.not_after - now < kSoon) return "expires on " + Date(info.not_after) + ", in " + Days(info.not_after - now);
  return {};
}

const tls::CertificateInfo* InfoOf(const config::Certificate& certificate, const proxy::Credentials& credentials) {
  const auto found = credentials.identities.find(certificate.name);
  return found == credentials.identities.end() ? nullptr : &found->second->certificate();
}

}  // namespace

std::vector<std::string> DescribeCertificates(const config::Config& config, const proxy::Credentials& credentials) {
  std::vector<std::string> lines;
  for (const config::Certificate& certificate : config.certificates) {
    const tls::CertificateInfo* info = InfoOf(certificate, credentials);
    if (!info) continue;
    lines.push_back("certificate '" + certificate.name + "': " + Whose(*info) + "; " + info->key_type +
                    "; valid until " + Date(info->not_after));
  }
  return lines;
}

std::vector<config::Diagnostic> FindExpiring(const config::Config& config, const proxy::Credentials& credentials,
                                             Time now) {
  std::vector<config::Diagnostic> warnings;
  for (const config::Certificate& certificate : config.certificates) {
    const tls::CertificateInfo* info = InfoOf(certificate, credentials);
    const std::string wrong = info ? WrongWithTime(*info, now) : std::string();
    if (!wrong.empty()) warnings.push_back({certificate.chain.at, "certificate '" + certificate.name + "' " + wrong});
  }
  return warnings;
}

}  // namespace starlock::cli
