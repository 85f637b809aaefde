#include "tls/openssl_errors.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace starlock::tls {
namespace {

std::string Lower(std::string_view text, char space) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [space](unsigned char c) {
    return c == '_' || c == ' ' ? space : static_cast<char>(std::tolower(c));
  });
  return lower;
}

std::string Describe(uint32_t error) {
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
    const char* alert = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
    return fmt::format("peer sent alert {}", Lower(alert, '_'));
  }
  const char* text = ERR_reason_error_string(error);
  return text != nullptr ? Lower(text, ' ') : fmt::format("error {}", reason);
}

}  // namespace

std::string TakeErrors() {
  // The first error of the SSL library names the cause in TLS terms. Earlier errors report the same cause at a lower
  // level (AEAD, parser). Later errors are consequences.
  uint32_t chosen = 0;
  while (const uint32_t error = ERR_get_error()) {
    const bool better = ERR_GET_LIB(chosen) != ERR_LIB_SSL && ERR_GET_LIB(error) == ERR_LIB_SSL;
    if (chosen == 0 || better) chosen = error;
  }
  return chosen == 0 ? std::string() : Describe(chosen);
}

Error TakeError(ErrorCode code, const std::string& what) {
  std::string reason = TakeErrors();
  if (reason.empty()) return {code, what};
  return {code, what.empty() ? std::move(reason) : fmt::format("{}: {}", what, reason)};
}

bool LatestSslErrorIs(int reason) {
  const uint32_t error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == reason;
}

}  // namespace starlock::tls
