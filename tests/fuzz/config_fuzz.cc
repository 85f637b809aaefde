// Any bytes as a configuration: an answer, and one that holds what config.h promises.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/reader.h"

namespace {

using namespace starlock;          // NOLINT(google-build-using-namespace)
using namespace starlock::config;  // NOLINT(google-build-using-namespace)

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckDiagnostics(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    Require(!diagnostic.message.empty());
    Require(diagnostic.at.line >= 1 && diagnostic.at.column >= 1);
    for (const char c : diagnostic.ToString()) Require(static_cast<unsigned char>(c) >= 0x20);
  }
}

void CheckLeg(const TlsSettings& tls) { Require(tls.min_version <= tls.max_version && !tls.groups.empty()); }

void CheckListener(const Config& config, const Listener& listener) {
  Require(!listener.name.empty() && !listener.listen.empty() && !listener.server.address.empty());
  Require(listener.protocol == "smtp" || listener.protocol == "tcp");
  Require(listener.client.mode == TlsMode::kOff || !listener.client.certificates.empty());
  for (const std::string& name : listener.client.certificates) Require(config.FindCertificate(name) != nullptr);
  for (const HostPort& address : listener.server.address) Require(address.port != 0 && !address.host.empty());
  for (const TlsMode mode : {listener.client.mode, listener.server.mode}) {
    Require(listener.protocol != "tcp" || mode == TlsMode::kOff || mode == TlsMode::kImplicit);
  }
  CheckLeg(listener.client.tls);
  CheckLeg(listener.server.tls);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const DialectRules dialects[] = {{"smtp", true}, {"tcp", false}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Loaded loaded = LoadText(text, "f.yaml", dialects);
  Require(loaded.ok() == loaded.errors.empty());
  CheckDiagnostics(loaded.errors);
  CheckDiagnostics(loaded.warnings);
  if (!loaded.ok()) return 0;
  Require(!loaded.config->listeners.empty());
  for (const Listener& listener : loaded.config->listeners) CheckListener(*loaded.config, listener);
  return 0;
}
