#pragma once

#include <string_view>

#include "protocol/core/act.h"

namespace starlock::protocol {

/// A dot-terminated body of any length that one side is sending (RFC 5321 4.1.1.4, RFC 3977 3.1.1). It passes in
/// pieces.
class DotBody {
 public:
  bool open() const { return open_; }
  /// A body begins with the next byte.
  void Begin() {
    open_ = true;
    line_start_ = true;
  }
  /// Cuts the next piece; see CutBody. Only while open().
  Frame Cut(std::string_view in) const;
  /// The piece passes on. The final dot closes the body.
  void Pass(std::string_view piece);

 private:
  bool open_ = false;
  bool line_start_ = true;
};

}  // namespace starlock::protocol
