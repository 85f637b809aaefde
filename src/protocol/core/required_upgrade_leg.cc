#include "protocol/core/required_upgrade_leg.h"

#include "protocol/core/limits.h"
#include "protocol/core/notes.h"
#include "protocol/text/lines.h"

namespace starlock::protocol {

LegAct RequiredUpgradeLeg::Begin(Out& out) {
  out.client() += Greeting(out);
  if (prologue_.env.client != TlsMode::kRequired) return Settled{};
  if (Serves(prologue_.greeting)) return Read{};
  return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
}

std::string RequiredUpgradeLeg::Greeting(Out& /*out*/) const { return prologue_.greeting; }

LegAct RequiredUpgradeLeg::On(std::string_view unit, Out& out) {
  if (auto fail = Count()) return *std::move(fail);
  return Obey(Judge(unit), out);
}

std::optional<Fail> RequiredUpgradeLeg::Count() {
  if (++commands_ <= kMaxCommands) return std::nullopt;
  return Fail{{End::kLimit, Blame::kClient, "too many commands before TLS"}};
}

LegAct RequiredUpgradeLeg::Obey(const BeforeTls& command, Out& out) {
  out.client() += command.say;
  switch (command.then) {
    case BeforeTls::Then::kStay:
      break;
    case BeforeTls::Then::kUpgrade:
      return StartTls{};
    case BeforeTls::Then::kLeave:
      return Fail::Told(End::kClosed, Blame::kNone, "the client quit before TLS");
    case BeforeTls::Then::kRefuse:
      prologue_.refused = true;
      break;
  }
  return Read{};
}

Frame LineUpgradeLeg::Cut(std::string_view in, Scan& scan) { return CutLine(in, scan); }

BeforeTls LineUpgradeLeg::Judge(std::string_view line) {
  const VerbLine command = SplitVerb(line, speech_.of_verb);
  for (const VerbRow& row : speech_.verbs) {
    if (!EqualsNoCase(command.verb, row.verb)) continue;
    if (row.if_argument.empty() || command.rest.empty()) return {row.then, std::string(row.say)};
    return {BeforeTls::Then::kStay, std::string(row.if_argument)};
  }
  return {BeforeTls::Then::kRefuse, std::string(speech_.refusal)};
}

LegAct CapabilityGreetingLeg::OnTlsUp(Out& out) {
  out.client() += edits_.without_starttls(prologue().greeting);
  return Settled{};
}

std::string CapabilityGreetingLeg::Greeting(Out& out) const {
  const std::string& greeting = prologue().greeting;
  const TlsMode client = prologue().env.client;
  const bool breaks_binding = prologue().server_tls || client != TlsMode::kOff;
  if (breaks_binding && edits_.binds_channels(greeting)) out.Note(kChannelBindingNote);
  switch (client) {
    case TlsMode::kOff:
    case TlsMode::kImplicit:
      return edits_.without_starttls(greeting);
    case TlsMode::kOpportunistic:
      return edits_.with_starttls(greeting);
    case TlsMode::kRequired:
      break;
  }
  return edits_.before_required(greeting);
}

}  // namespace starlock::protocol
