#include "protocol/text/body.h"

#include "protocol/text/lines.h"

namespace starlock::protocol {

Frame DotBody::Cut(std::string_view in) const { return CutBody(in, line_start_); }

void DotBody::Pass(std::string_view piece) {
  if (line_start_ && piece == ".\r\n") {
    open_ = false;
  } else {
    line_start_ = piece.back() == '\n' && piece.size() > 1 && piece[piece.size() - 2] == '\r';
  }
}

}  // namespace starlock::protocol
