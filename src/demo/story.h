#pragma once

#include <string>

#include "base/terminal.h"
#include "demo/scene.h"
#include "demo/verdict.h"

/// The demonstration's output, at most 80 columns wide.
namespace starlock::demo {

std::string TellIntroduction(const Style& style);
std::string TellScene(const Evidence& evidence, const SceneVerdict& verdict, const Style& style);
/// Commands to try next. `program`: how the user can call this program.
std::string TellNextSteps(const PartProtocol& protocol, const std::string& program, const Style& style);

}  // namespace starlock::demo
