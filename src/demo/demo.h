#pragma once

#include <string>

namespace starlock::demo {

struct Options {
  std::string protocol = "smtp";  ///< the name of a dialect; not all of them have a demonstration
  bool color = true;              ///< false: no colours even on a terminal that has them
};

/// Runs the demonstration: both scenes, with every statement checked against what was observed. Prints to stdout, and
/// errors to stderr. Returns the exit status: 0; 1 where a session or a check failed; 2 where the protocol has no
/// demonstration.
int Run(const Options& options);

}  // namespace starlock::demo
