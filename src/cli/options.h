#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/probe.h"
#include "config/reader.h"
#include "demo/demo.h"

namespace starlock::cli {

/// `run`: a file, or the options that define one listener.
struct RunOptions {
  std::string file;  ///< empty: `flags` are used
  config::Flags flags;
};

struct CheckOptions {
  std::string file;
};

/// Text to print before the process exits: help, the version, or an error of the command line.
struct Answer {
  int status = 0;  ///< the exit status; 0: `text` goes to stdout; 2: to stderr
  std::string text;
};

using Command = std::variant<Answer, RunOptions, CheckOptions, ProbeOptions, demo::Options>;

/// Parses the command line (without the program's name). An error is an Answer that names the option and says what
/// would be right.
Command ParseCommandLine(std::vector<std::string> arguments);

}  // namespace starlock::cli
