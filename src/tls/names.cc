#include "tls/names.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace starlock::tls {
uint16_t WireId(KeyExchangeGroup group) {
  switch (group) {
    case KeyExchangeGroup::kX25519Mlkem768:
      return SSL_GROUP_X25519_MLKEM768;
    case KeyExchangeGroup::kX25519:
      return SSL_GROUP_X25519;
    case KeyExchangeGroup::kP256:
      return SSL_GROUP_SECP256R1;
    case KeyExchangeGroup::kP384:
      return SSL_GROUP_SECP384R1;
    case KeyExchangeGroup::kP521:
      return SSL_GROUP_SECP521R1;
  }
  return 0;
}

uint16_t WireId(TlsVersion version) { return version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION; }

Result<std::vector<uint8_t>> AlpnList(const std::vector<std::string>& protocols) {
  std::vector<uint8_t> list;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return Error{ErrorCode::kInvalid, fmt::format("an ALPN protocol has 1 to 255 bytes: {}", InQuotes(protocol))};
    }
    list.push_back(static_cast<uint8_t>(protocol.size()));
    list.insert(list.end(), protocol.begin(), protocol.end());
  }
  return list;
}

std::string NormalName(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  std::string normal(name);
  std::transform(normal.begin(), normal.end(), normal.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return normal;
}

std::string WildcardOf(std::string_view normal_name) {
  const size_t dot = normal_name.find('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  return fmt::format("*{}", normal_name.substr(dot));
}

}  // namespace starlock::tls
