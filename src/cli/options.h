#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/probe.h"
#include "config/reader.h"
#include "demo/demo.h"

namespace starlock::cli {

/// `run`: either a file or the options that describe one listener, never both.
struct RunOptions {
  std::string file;  ///< empty: `flags`
  config::Flags flags;
};

struct CheckOptions {
  std::string file;
};

/// What to print, and the exit status to end with: help, the version, or what is wrong with the command line.
struct Answer {
  int status = 0;  ///< 0: `text` is for stdout; 2: for stderr
  std::string text;
};

using Command = std::variant<Answer, RunOptions, CheckOptions, ProbeOptions, demo::Options>;

/// Reads the command line (without the program's own name). What is wrong with it is an Answer that names the option
/// and what would be right.
Command ParseCommandLine(std::vector<std::string> arguments);

}  // namespace starlock::cli
