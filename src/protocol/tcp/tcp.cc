#include "protocol/tcp/tcp.h"

#include <utility>

#include "protocol/core/paired.h"

namespace starlock::protocol::tcp {
namespace {

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_leg = [](Prologue&) { return SettledNegotiator(); };
  parts.client_leg = [](Prologue&) { return SettledNegotiator(); };
  parts.goodbye = [](const Env&, const Failure&) { return std::string(); };
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(const std::string& /*host*/, Findings& /*findings*/) { return SettledNegotiator(); }

}  // namespace

const Dialect kTcp = {
    .name = "tcp",
    .starttls = false,
    .make_dialogue = Make,
    .make_prober = Probe,
};

}  // namespace starlock::protocol::tcp
