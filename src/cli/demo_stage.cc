#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "cli/demo_scene.h"
#include "net/descriptor.h"
#include "tls/self_signed.h"

namespace starlock::cli {

Result<Stage> Stage::Set(std::string protocol) {
  Stage stage;
  stage.hello = protocol == "lmtp" ? "LHLO" : "EHLO";
  stage.protocol = std::move(protocol);
  if (Error error = stage.WriteFiles()) return error;
  return stage;
}

Stage::Stage(Stage&& other) noexcept
    : protocol(std::move(other.protocol)),
      hello(std::move(other.hello)),
      ca(std::move(other.ca)),
      chain(std::move(other.chain)),
      key(std::move(other.key)),
      folder_(std::exchange(other.folder_, {})) {}

Stage::~Stage() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Error Stage::WriteFiles() {
  std::error_code error;
  std::string folder = (std::filesystem::temp_directory_path(error) / "starlock-demo-XXXXXX").string();
  if (error) return {ErrorCode::kSystem, error.message()};
  if (mkdtemp(folder.data()) == nullptr) return net::SystemError(ErrorCode::kSystem, folder, errno);  // for us alone
  folder_ = folder;
  auto authority = tls::ThrowawayCa::Create("Starlock demonstration");
  if (!authority) return authority.error();
  const auto pair = (*authority)->Issue({.names = {kName}});
  if (!pair) return pair.error();
  if (Error failed = Write(ca, "ca.pem", (*authority)->certificate())) return failed;
  if (Error failed = Write(chain, "mail.pem", pair.value().chain)) return failed;
  return Write(key, "mail.key", pair.value().key);
}

Error Stage::Write(std::string& path, const std::string& name, const std::string& text) {
  path = folder_ + "/" + name;
  std::ofstream file(path);
  if (!(file << text << std::flush)) return net::SystemError(ErrorCode::kSystem, path, errno);
  return {};
}

}  // namespace starlock::cli
