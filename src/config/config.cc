#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>

namespace starlock::config {

std::string Location::ToString() const {
  if (line == 0) return file;
  return fmt::format("{}:{}:{}", file, line, column);
}

Verify ServerLeg::VerifyInForce() const {
  if (verify) return *verify;
  return mode == TlsMode::kOpportunistic && pins.empty() ? Verify::kNone : Verify::kFull;
}

const Certificate* Config::FindCertificate(std::string_view name) const {
  const auto found = std::find_if(certificates.begin(), certificates.end(),
                                  [&](const Certificate& certificate) { return certificate.name == name; });
  return found == certificates.end() ? nullptr : &*found;
}

}  // namespace starlock::config
