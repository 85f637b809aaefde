#include "demo/stage.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "pki/throwaway_ca.h"

namespace starlock::demo {

Result<Stage> Stage::Create(const PartProtocol& protocol) {
  const auto authority = pki::ThrowawayCa::Create("Starlock demonstration");
  if (!authority) return authority.error();
  const auto pair = authority.value()->Issue({.names = {kName}});
  if (!pair) return pair.error();
  Stage stage;
  stage.protocol = &protocol;
  const std::pair<std::string Stage::*, const std::string&> files[] = {
      {&Stage::ca, authority.value()->certificate()},
      {&Stage::chain, pair.value().chain},
      {&Stage::key, pair.value().key},
  };
  for (const auto& [path, text] : files) {
    if (Error error = stage.Write(stage.*path, text)) return error;
  }
  return stage;
}

Error Stage::Write(std::string& path, const std::string& text) {
  net::Descriptor file(memfd_create("starlock-demo", MFD_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return net::SystemError(ErrorCode::kSystem, "cannot create a file in memory", errno);
  }
  path = fmt::format("/proc/self/fd/{}", file.get());
  files_.push_back(std::move(file));
  return {};
}

}  // namespace starlock::demo
