#include "cli/expiry.h"

#include <fmt/format.h>

#include <optional>

namespace starlock::cli {
namespace {

// The names that a certificate is valid for; its subject if it has none.
std::string NamesOf(const tls::CertificateInfo& info) {
  constexpr size_t kShown = 4;
  if (info.names.empty()) return info.subject;
  if (info.names.size() <= kShown) return fmt::format("{}", fmt::join(info.names, ", "));
  const auto first = info.names.begin();
  return fmt::format("{} and {} more", fmt::join(first, first + kShown, ", "), info.names.size() - kShown);
}

// The problem with a certificate's validity period.
std::optional<std::string> ExpiryProblem(const tls::CertificateInfo& info, Time now) {
  if (info.not_after < now) {
    return fmt::format("expired on {}, {} ago", Date(info.not_after), Days(now - info.not_after));
  }
  if (info.not_before > now) return fmt::format("is not valid before {}", Date(info.not_before));
  if (info.not_after - now < kSoon) {
    return fmt::format("expires on {}, in {}", Date(info.not_after), Days(info.not_after - now));
  }
  return std::nullopt;
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
    lines.push_back(fmt::format("certificate '{}': {}; {}; valid until {}", certificate.name, NamesOf(*info),
                                info->key_type, Date(info->not_after)));
  }
  return lines;
}

std::vector<config::Diagnostic> FindExpiring(const config::Config& config, const proxy::Credentials& credentials,
                                             Time now) {
  std::vector<config::Diagnostic> warnings;
  for (const config::Certificate& certificate : config.certificates) {
    const tls::CertificateInfo* info = InfoOf(certificate, credentials);
    const auto problem = info ? ExpiryProblem(*info, now) : std::nullopt;
    if (problem) {
      warnings.push_back({certificate.chain.at, fmt::format("certificate '{}' {}", certificate.name, *problem)});
    }
  }
  return warnings;
}

}  // namespace starlock::cli
