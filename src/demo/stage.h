#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "demo/part.h"
#include "net/descriptor.h"

namespace starlock::demo {

/// What both scenes need: a protocol, a throwaway authority and a certificate that it issued. The proxy and the toy
/// programs load the certificates from paths. The files behind these paths are in memory, so the key never reaches a
/// disk, and nothing is left behind even if the process is killed.
class Stage {
 public:
  static Result<Stage> Create(const PartProtocol& protocol);

  const PartProtocol* protocol = nullptr;
  std::string ca, chain, key;  ///< paths that only this process can open, while this object lives

  /// The name that the certificate is issued for.
  static constexpr const char* kName = "mail.example.org";

 private:
  Stage() = default;
  Error Write(std::string& path, const std::string& text);

  std::vector<net::Descriptor> files_;
};

}  // namespace starlock::demo
