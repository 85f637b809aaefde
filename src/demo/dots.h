#pragma once

#include <string>
#include <string_view>

#include "protocol/core/act.h"

/// Messages that end in a line with a single dot (RFC 5321 4.5.2, RFC 1939 3).
namespace starlock::demo {

/// A message as it crosses the wire: a dot is added to each line that begins with one, and the final line is appended.
/// `message`: lines that end in CRLF.
std::string DotStuff(std::string_view message);

/// The message that DotStuff encoded. `stuffed` includes the final line.
std::string DotUnstuff(std::string_view stuffed);

/// Finds the end of the final line. An empty message is not recognised.
protocol::Frame CutDotStuffed(std::string_view in);

}  // namespace starlock::demo
