#include "protocol/tcp.h"

#include <utility>

#include "protocol/paired.h"

namespace starlock::protocol {

std::unique_ptr<Dialogue> MakeTcp(Env env) {
  Parts parts;
  parts.server = [](Prologue&) { return SettledNegotiator(); };
  parts.client = [](Prologue&) { return SettledNegotiator(); };
  parts.goodbye = [](const Env&, const Failure&) { return std::string(); };
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> ProbeTcp(const std::string&, Findings&) { return SettledNegotiator(); }

}  // namespace starlock::protocol
