#pragma once

#include <string>

namespace starlock::cli {

struct DemoOptions {
  std::string protocol = "smtp";  ///< one of the dialects
  bool color = true;              ///< where the terminal has it
};

/// Shows the main job on an embedded server, each step printed and checked. The process's exit status.
int Demo(const DemoOptions& options);

}  // namespace starlock::cli
