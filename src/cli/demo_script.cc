#include "cli/demo_script.h"

#include <utility>

#include "base/terminal.h"
#include "protocol/text/lines.h"

namespace starlock::cli {

Result<Turn> ScriptedClient::On(std::string_view answer) {
  if (lines_.empty()) return Error{ErrorCode::kInvalid, "the client was told more than it had asked for"};
  Line line = std::move(lines_.front());
  lines_.pop_front();
  if (answer.substr(0, line.expect.size()) != line.expect || answer.find(line.must_list) == std::string_view::npos) {
    return Error{ErrorCode::kInvalid, "the client was answered '" + Printable(protocol::Content(answer)) + "'"};
  }
  Look(answer);
  return std::move(line.then);
}

}  // namespace starlock::cli
