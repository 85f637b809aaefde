#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "protocol/text/lines.h"
#include "protocol/text/literals.h"

/// Cutters for a test that has all input at once. Each also looks at the same input byte by byte, taking up every look
/// where the one before ended, and expects to see no difference.
namespace starlock::protocol {

template <typename Cutter>
Frame Resumed(std::string_view in, Cutter cut) {
  Scan fresh;
  const Frame at_once = cut(in, fresh);
  Scan scan;
  Frame resumed;
  for (size_t size = 0; size <= in.size() && resumed.kind == Frame::Kind::kPartial; ++size) {
    resumed = cut(in.substr(0, size), scan);
  }
  EXPECT_EQ(at_once.kind, resumed.kind) << "byte by byte: " << in;
  EXPECT_EQ(at_once.size, resumed.size) << "byte by byte: " << in;
  return at_once;
}

inline Frame CutLiteralLine(std::string_view in) {
  return Resumed(in, [](std::string_view some, Scan& scan) { return CutLiteralLine(some, scan); });
}

inline Frame CutWithLiterals(std::string_view in) {
  return Resumed(in, [](std::string_view some, Scan& scan) { return CutWithLiterals(some, scan); });
}

inline Frame CutCommandWithLiterals(std::string_view in, PlainLiteral plain, size_t owed = 0) {
  return Resumed(in,
                 [=](std::string_view some, Scan& scan) { return CutCommandWithLiterals(some, scan, plain, owed); });
}

}  // namespace starlock::protocol
