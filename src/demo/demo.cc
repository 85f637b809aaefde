#include "demo/demo.h"

#include <fmt/core.h>

#include <filesystem>
#include <iostream>

#include "base/terminal.h"
#include "demo/part.h"
#include "demo/scene.h"
#include "demo/stage.h"
#include "demo/story.h"
#include "demo/verdict.h"

namespace starlock::demo {
namespace {

// How the user can call this program: a relative path where the binary is below the current folder, as after a build.
std::string Program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path here = std::filesystem::current_path(error);
  const std::filesystem::path relative = self.lexically_relative(here);
  const bool below = !error && !relative.empty() && *relative.begin() != "..";
  return below ? (relative.has_parent_path() ? relative.string() : "./" + relative.string()) : "starlock";
}

int Fail(const std::string& why) {
  std::cout.flush();
  std::cerr << fmt::format("starlock demo: {}\n", Printable(why));
  return 1;
}

}  // namespace

int Run(const Options& options) {
  const PartProtocol* protocol = FindPartProtocol(options.protocol);
  if (protocol == nullptr) {
    std::cerr << fmt::format("starlock demo: no demonstration of {}; available: {}\n", options.protocol,
                             PartProtocolNames());
    return 2;
  }
  const Style style = Style::ForStdout(options.color);
  const auto stage = Stage::Create(*protocol);
  if (!stage) return Fail(stage.error().detail);
  std::cout << TellIntroduction(style) << std::flush;
  bool all = true;
  for (const Use use : {Use::kFront, Use::kSidecar}) {
    const auto evidence = PlayScene(stage.value(), use);
    if (!evidence) return Fail(evidence.error().detail);
    const SceneVerdict verdict = CheckEvidence(evidence.value());
    std::cout << TellScene(evidence.value(), verdict, style) << std::flush;
    all = all && verdict.all();
  }
  if (!all) return Fail("a check failed; see above");
  std::cout << TellNextSteps(*protocol, Program(), style) << "\n" << std::flush;
  return 0;
}

}  // namespace starlock::demo
