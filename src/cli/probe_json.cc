#include <nlohmann/json.hpp>

#include "cli/probe_report.h"

namespace starlock::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json OrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json ToJson(const tls::CertificateInfo& certificate, Time now) {
  return {
      {"subject", certificate.subject},
      {"issuer", certificate.issuer},
      {"names", certificate.names},
      {"not_before", DateTime(certificate.not_before)},
      {"not_after", DateTime(certificate.not_after)},
      {"days_left", std::chrono::floor<std::chrono::days>(certificate.not_after - now).count()},
      {"key_type", certificate.key_type},
      {"pin", certificate.pin.ToString()},
  };
}

Json ToJson(const std::optional<tls::TlsInfo>& tls) {
  if (!tls) return nullptr;
  return {{"version", tls->version}, {"cipher", tls->cipher}, {"group", OrNull(tls->group)}};
}

std::string_view ToString(tls::PeerInfo::Verification verification) {
  switch (verification) {
    case tls::PeerInfo::Verification::kNotDone:
      return "not_verified";
    case tls::PeerInfo::Verification::kPassed:
      return "passed";
    case tls::PeerInfo::Verification::kFailed:
      return "failed";
  }
  return "not_verified";
}

}  // namespace

std::string ToJson(const ProbeReport& report, Time now) {
  Json chain = Json::array();
  for (const tls::CertificateInfo& certificate : report.peer.chain) chain.push_back(ToJson(certificate, now));
  Json json;
  json["protocol"] = report.protocol;
  json["target"] = report.target.ToString();
  json["address"] = OrNull(report.address);
  json["greeting"] = OrNull(report.findings.greeting);
  json["capabilities_before"] = OrNull(report.findings.before);
  json["starttls"] = OrNull(report.findings.offers_upgrade);
  json["tls"] = ToJson(report.tls);
  json["chain"] = std::move(chain);
  json["verification"] = {{"result", ToString(report.peer.verification)},
                          {"reason", OrNull(report.peer.reason)},
                          {"server_name", report.server_name}};
  json["capabilities_after"] = OrNull(report.findings.inside);
  json["warnings"] = Warnings(report, now);
  json["error"] = nullptr;
  if (report.failure) {
    json["error"] = {{"end", starlock::protocol::ToString(report.failure->end)}, {"message", report.failure->why}};
  }
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace starlock::cli
