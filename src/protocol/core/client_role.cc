#include "protocol/core/client_role.h"

#include <utility>

#include "protocol/core/limits.h"
#include "protocol/text/words.h"

namespace starlock::protocol {
namespace {

using Meaning = ClientRole::Meaning;
using Stage = ClientRole::Stage;

Fail NotAGreeting() {
  return Fail{{End::kProtocolError, Blame::kServer, "the server's greeting is not of this protocol"}};
}

/// What sessions and probes have in common: the stages, one after the other.
class Conversation : public Negotiator {
 public:
  LegAct Begin(Out&) override { return Read{}; }
  Frame Cut(std::string_view in, Scan& scan) override { return role_->Cut(stage_, in, scan); }

 protected:
  /// `counts_each_stage`: kMaxSkipped is for each stage, not for all of them together.
  Conversation(std::unique_ptr<ClientRole> role, bool counts_each_stage)
      : role_(std::move(role)), counts_each_stage_(counts_each_stage) {}

  ClientRole& role() { return *role_; }
  Stage stage() const { return stage_; }

  void Enter(Stage stage) {
    stage_ = stage;
    if (counts_each_stage_) skipped_ = 0;
  }

  /// Enters the next stage with its command; `unit` is the reply that led there.
  LegAct AskFor(Stage next, std::string_view unit, Out& out) {
    Enter(next);
    const std::string command = role_->Ask(next);
    if (command.empty()) return On(unit, out);  // the greeting lists the capabilities
    out.server() += command;
    return Read{};
  }

  /// The reaction to the meanings that every stage treats alike; nullopt: another meaning.
  std::optional<LegAct> Common(Meaning meaning) {
    switch (meaning) {
      case Meaning::kRefers:
        return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refers to another server before TLS"}};
      case Meaning::kViolation:
        if (stage_ == Stage::kGreeting) return NotAGreeting();
        return Fail{{End::kProtocolError, Blame::kServer, "the server's reply does not belong to our command"}};
      case Meaning::kSkip:
        if (++skipped_ <= kMaxSkipped) return Read{};
        return Fail{{End::kLimit, Blame::kServer, "the server sent too much before its reply"}};
      case Meaning::kYes:
      case Meaning::kNo:
      case Meaning::kLeaving:
        break;
    }
    return std::nullopt;
  }

 private:
  std::unique_ptr<ClientRole> role_;
  Stage stage_ = Stage::kGreeting;
  const bool counts_each_stage_;
  int skipped_ = 0;
};

class ServerLeg final : public Conversation {
 public:
  ServerLeg(Prologue& prologue, std::unique_ptr<ClientRole> role)
      : Conversation(std::move(role), false), prologue_(prologue) {}

  LegAct On(std::string_view unit, Out& out) override {
    if (stage() == Stage::kInside) {
      prologue_.greeting = unit;  // the greeting before TLS could be forged
      return Settled{};
    }
    if (stage() == Stage::kGreeting) {
      if (!role().IsGreeting(unit)) return NotAGreeting();
      prologue_.greeting = unit;
      if (!Upgrades(prologue_.env.server)) return Settled{};
    }
    const Meaning meaning = role().Understand(stage(), unit);
    if (auto act = Common(meaning)) return *std::move(act);
    switch (stage()) {
      case Stage::kGreeting:
        if (meaning != Meaning::kYes) return NoTls{End::kStarttlsNotOffered, meaning == Meaning::kNo};
        return AskFor(Stage::kCapabilities, unit, out);
      case Stage::kCapabilities:
        prologue_.introduced = role().introduced();
        if (meaning == Meaning::kYes) return AskFor(Stage::kGoAhead, unit, out);
        return NoTls{End::kStarttlsNotOffered, meaning == Meaning::kNo};
      case Stage::kGoAhead:
      case Stage::kInside:
        break;
    }
    if (meaning == Meaning::kYes) return StartTls{};
    return NoTls{End::kStarttlsRefused, meaning == Meaning::kNo};
  }

  // The server discards all state from before TLS, EHLO included.
  LegAct OnTlsUp(Out&) override {
    prologue_.introduced = false;
    if (!role().GreetsInside()) return Settled{};
    Enter(Stage::kInside);
    return Read{};
  }

 private:
  Prologue& prologue_;
};

class Prober final : public Conversation {
 public:
  Prober(Findings& findings, std::unique_ptr<ClientRole> role)
      : Conversation(std::move(role), true), findings_(findings) {}

  LegAct On(std::string_view unit, Out& out) override {
    if (stage() == Stage::kGreeting) {
      if (!role().IsGreeting(unit)) return Leave(NotAGreeting(), out);
      findings_.greeting = Content(unit);
    }
    const Meaning meaning = role().Understand(stage(), unit);
    if (auto act = Common(meaning)) return Is<Fail>(*act) ? Leave(std::get<Fail>(*std::move(act)), out) : *act;
    const bool yes = meaning == Meaning::kYes;
    switch (stage()) {
      case Stage::kGreeting:
        if (yes) return AskFor(Stage::kCapabilities, unit, out);
        return Leave({{End::kStarttlsNotOffered, Blame::kServer, "the server refused service"}}, out);
      case Stage::kCapabilities:
        findings_.before = role().List(stage(), unit);
        findings_.offers_upgrade = yes;
        if (yes) return AskFor(Stage::kGoAhead, unit, out);
        return Leave(NoTls{End::kStarttlsNotOffered, false}.AsFail(), out);
      case Stage::kGoAhead:
        if (yes) return StartTls{};
        return Leave({{End::kStarttlsRefused, Blame::kServer, "the server offered STARTTLS and then refused it"}}, out);
      case Stage::kInside:
        break;
    }
    findings_.inside = role().List(stage(), unit);
    out.server() += role().Quit();
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override {
    Enter(Stage::kInside);
    out.server() += role().Ask(Stage::kInside);
    return Read{};
  }

 private:
  LegAct Leave(Fail fail, Out& out) {
    out.server() += role().Quit();
    return fail;
  }

  Findings& findings_;
};

}  // namespace

std::unique_ptr<Negotiator> MakeServerLeg(Prologue& prologue, std::unique_ptr<ClientRole> role) {
  return std::make_unique<ServerLeg>(prologue, std::move(role));
}

std::unique_ptr<Negotiator> MakeProber(Findings& findings, std::unique_ptr<ClientRole> role) {
  return std::make_unique<Prober>(findings, std::move(role));
}

}  // namespace starlock::protocol
