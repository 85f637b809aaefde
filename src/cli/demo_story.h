#pragma once

#include <string>

#include "cli/demo_scene.h"
#include "cli/demo_verdict.h"
#include "base/terminal.h"

/// What the demonstration says, 80 columns wide.
namespace starlock::cli {

std::string TellBeginning(const Style& style);
std::string TellScene(const Evidence& evidence, const SceneVerdict& verdict, const Style& style);
/// How to go on. `program`: how this program was called.
std::string TellEnd(const DemoProtocol& protocol, const std::string& program, const Style& style);

}  // namespace starlock::cli
