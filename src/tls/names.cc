#include "tls/names.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace starlock::tls {
namespace {

struct Name {
  std::string_view name;
  uint16_t id;
};

constexpr std::array kGroups = {
    Name{"X25519MLKEM768", SSL_GROUP_X25519_MLKEM768},
    Name{"X25519", SSL_GROUP_X25519},
    Name{"P-256", SSL_GROUP_SECP256R1},
    Name{"P-384", SSL_GROUP_SECP384R1},
    Name{"P-521", SSL_GROUP_SECP521R1},
};

constexpr std::array kVersions = {Name{"1.2", TLS1_2_VERSION}, Name{"1.3", TLS1_3_VERSION}};

template <typename Table>
Result<uint16_t> Find(const Table& table, std::string_view what, const std::string& name) {
  std::string known;
  for (const Name& entry : table) {
    if (entry.name == name) return entry.id;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  return Error{ErrorCode::kInvalid, "unknown " + std::string(what) + " '" + name + "': must be one of " + known};
}

}  // namespace

Result<std::vector<uint16_t>> GroupIds(const std::vector<std::string>& names) {
  if (names.empty()) return Error{ErrorCode::kInvalid, "groups: at least one is needed"};
  std::vector<uint16_t> ids;
  for (const std::string& name : names) {
    auto id = Find(kGroups, "group", name);
    if (!id.ok()) return id.error();
    if (std::find(ids.begin(), ids.end(), *id) != ids.end()) {
      return Error{ErrorCode::kInvalid, "group '" + name + "' stands there twice"};
    }
    ids.push_back(*id);
  }
  return ids;
}

Result<uint16_t> VersionId(const std::string& name) { return Find(kVersions, "TLS version", name); }

Result<std::vector<uint8_t>> AlpnList(const std::vector<std::string>& protocols) {
  std::vector<uint8_t> list;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return Error{ErrorCode::kInvalid, "an ALPN protocol has 1 to 255 bytes: '" + protocol + "'"};
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
  return "*" + std::string(normal_name.substr(dot));
}

}  // namespace starlock::tls
