#include "demo/scripted_client.h"

#include <fmt/core.h>

#include <utility>

#include "base/terminal.h"
#include "protocol/text/lines.h"

namespace starlock::demo {

ScriptedClient::ScriptedClient() { steps_.reserve(10); }

Result<Turn> ScriptedClient::OnUnit(std::string_view answer) {
  if (next() == nullptr) return Error{ErrorCode::kInvalid, "the server sent an unexpected reply"};
  Step& step = steps_[done_];
  if (!answer.starts_with(step.expect) || answer.find(step.must_contain) == std::string_view::npos) {
    return Error{ErrorCode::kInvalid, fmt::format("unexpected answer '{}'", Printable(protocol::Content(answer)))};
  }
  Inspect(answer);
  ++done_;
  return std::move(step.then);
}

}  // namespace starlock::demo
