#include "tls/certificate_map.h"

#include <algorithm>

#include "tls/names.h"

namespace starlock::tls {
namespace {

void EcdsaFirst(CertificateMap::Identities& list) {
  std::stable_partition(list.begin(), list.end(), [](const Identity* identity) { return identity->ecdsa(); });
}

std::vector<std::string> NamesOf(const Identity& identity) {
  std::vector<std::string> names;
  for (const std::string& name : identity.certificate().names) names.push_back(NormalName(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

CertificateMap::CertificateMap(const std::vector<std::shared_ptr<const Identity>>& identities) {
  const Identity& first = *identities.front();
  const std::vector<std::string> first_names = NamesOf(first);
  const Identity* other_kind = nullptr;
  for (const auto& identity : identities) {
    const std::vector<std::string> names = NamesOf(*identity);
    for (const std::string& name : names) by_name_[name].push_back(identity.get());
    if (names == first_names) {
      defaults_.push_back(identity.get());
    } else if (other_kind == nullptr && identity->ecdsa() != first.ecdsa()) {
      other_kind = identity.get();
    }
  }
  for (auto& [name, list] : by_name_) EcdsaFirst(list);
  EcdsaFirst(defaults_);
  if (other_kind != nullptr) defaults_.push_back(other_kind);
}

void CertificateMap::Append(Identities& list, const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) list.insert(list.end(), found->second.begin(), found->second.end());
}

CertificateMap::Identities CertificateMap::For(std::string_view server_name) const {
  Identities list;
  const std::string name = NormalName(server_name);
  if (!name.empty()) {
    Append(list, name);
    Append(list, WildcardOf(name));
  }
  list.insert(list.end(), defaults_.begin(), defaults_.end());
  return list;
}

}  // namespace starlock::tls
