#include "config/config.h"

#include <algorithm>

namespace starlock::config {

std::string Location::ToString() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string_view ToString(TlsVersion version) {
  switch (version) {
    case TlsVersion::k12:
      return "1.2";
    case TlsVersion::k13:
      return "1.3";
  }
  return "1.3";
}

std::string_view ToString(Verify verify) {
  switch (verify) {
    case Verify::kFull:
      return "full";
    case Verify::kChain:
      return "chain";
    case Verify::kNone:
      return "none";
  }
  return "full";
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
