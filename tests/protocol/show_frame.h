#pragma once

#include <string>

#include "protocol/core/dialogue.h"

namespace starlock::protocol {

/// What a cutter said, to be compared with `whole 3`, `partial`, `idle` or `bad`.
inline std::string Show(const Frame& frame) {
  switch (frame.kind) {
    case Frame::Kind::kIdle:
      return "idle";
    case Frame::Kind::kPartial:
      return "partial";
    case Frame::Kind::kWhole:
      return "whole " + std::to_string(frame.size);
    case Frame::Kind::kExcess:
      return "excess";
    case Frame::Kind::kBad:
      break;
  }
  return "bad";
}

}  // namespace starlock::protocol
