#include "protocol/tcp/tcp.h"

#include <utility>

#include "protocol/core/paired.h"

namespace starlock::protocol::tcp {

static std::unique_ptr<Dialogue> MakeTcp(Env env) {
  Parts parts;
  parts.server = [](Prologue&) { return SettledNegotiator(); };
  parts.client = [](Prologue&) { return SettledNegotiator(); };
  parts.goodbye = [](const Env&, const Failure&) { return std::string(); };
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

static std::unique_ptr<Negotiator> ProbeTcp(const std::string&, Findings&) { return SettledNegotiator(); }

const Dialect kTcp = {
    .name = "tcp",
    .starttls = false,
    .make_dialogue = MakeTcp,
    .make_prober = ProbeTcp,
};

}  // namespace starlock::protocol::tcp
