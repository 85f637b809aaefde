#include "cli/demo.h"

#include <filesystem>
#include <iostream>

#include "cli/demo_scene.h"
#include "cli/demo_story.h"
#include "cli/demo_verdict.h"
#include "base/terminal.h"

namespace starlock::cli {
namespace {

// How to call this program from here: relative where it lies below, as after a build.
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
  std::cerr << "starlock demo: " << Printable(why) << "\n";
  return 1;
}

}  // namespace

int Demo(const DemoOptions& options) {
  const DemoProtocol* protocol = FindDemo(options.protocol);
  if (protocol == nullptr) {
    std::cerr << "starlock demo: nothing is prepared for " << options.protocol << "; there is " << DemoNames() << "\n";
    return 2;
  }
  const Style style = Style::ForStdout(options.color);
  const auto stage = Stage::Set(*protocol);
  if (!stage) return Fail(stage.error().detail);
  std::cout << TellBeginning(style) << std::flush;
  bool all = true;
  for (const Use use : {Use::kFront, Use::kSidecar}) {
    const auto evidence = Play(stage.value(), use);
    if (!evidence) return Fail(evidence.error().detail);
    const SceneVerdict verdict = Judge(evidence.value());
    std::cout << TellScene(evidence.value(), verdict, style) << std::flush;
    all = all && verdict.all();
  }
  if (!all) return Fail("something above is not as it should be");
  std::cout << TellEnd(*protocol, Program(), style) << "\n" << std::flush;
  return 0;
}

}  // namespace starlock::cli
