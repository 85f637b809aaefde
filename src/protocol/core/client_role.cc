#include "protocol/core/client_role.h"

#include <utility>

#include "protocol/core/limits.h"
#include "protocol/text/words.h"

namespace starlock::protocol {
namespace {

using Meaning = ClientRole::Meaning;
using Stage = ClientRole::Stage;

Fail NotAGreeting() {
  return Fail{{End::kProtocolError, Blame::kServer, "the server's greeting is not this protocol's"}};
}

Fail TooMuch() { return Fail{{End::kLimit, Blame::kServer, "the server says too much before its answer"}}; }

// What the meanings that every stage treats alike lead to.
std::optional<Fail> Broken(Meaning meaning) {
  if (meaning == Meaning::kRefers) {
    return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refers to another one before TLS"}};
  }
  if (meaning == Meaning::kViolation) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server's reply answers no question of ours"}};
  }
  return std::nullopt;
}

class ServerLeg final : public Negotiator {
 public:
  ServerLeg(Prologue& prologue, std::unique_ptr<ClientRole> role) : prologue_(prologue), role_(std::move(role)) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return role_->Cut(stage_, in, scan); }

  LegAct On(std::string_view unit, Out& out) override {
    if (stage_ == Stage::kInside) {
      prologue_.greeting = unit;  // the one before was anyone's to forge
      return Settled{};
    }
    if (stage_ == Stage::kGreeting) {
      if (!role_->IsGreeting(unit)) return NotAGreeting();
      prologue_.greeting = unit;
      if (!Upgrades(prologue_.env.server)) return Settled{};
    }
    const Meaning meaning = role_->Understand(stage_, unit);
    if (auto fail = Broken(meaning)) return *std::move(fail);
    if (meaning == Meaning::kSkip) return ++skipped_ > kMaxSkipped ? LegAct(TooMuch()) : Read{};
    switch (stage_) {
      case Stage::kGreeting:
        if (meaning != Meaning::kYes) return NoTls{End::kStarttlsNotOffered, meaning == Meaning::kNo};
        return AskFor(Stage::kCapabilities, unit, out);
      case Stage::kCapabilities:
        prologue_.introduced = role_->introduced();
        if (meaning == Meaning::kYes) return AskFor(Stage::kGoAhead, unit, out);
        return NoTls{End::kStarttlsNotOffered, meaning == Meaning::kNo};
      case Stage::kGoAhead:
      case Stage::kInside:
        break;
    }
    if (meaning == Meaning::kYes) return StartTls{};
    return NoTls{End::kStarttlsRefused, meaning == Meaning::kNo};
  }

  // TLS is up, and all that was said before it is forgotten on both sides.
  LegAct OnTlsUp(Out&) override {
    prologue_.introduced = false;
    if (!role_->GreetsInside()) return Settled{};
    stage_ = Stage::kInside;
    return Read{};
  }

 private:
  LegAct AskFor(Stage next, std::string_view unit, Out& out) {
    stage_ = next;
    const std::string question = role_->Ask(next);
    if (question.empty()) return On(unit, out);  // the greeting lists the capabilities
    out.server() += question;
    return Read{};
  }

  Prologue& prologue_;
  std::unique_ptr<ClientRole> role_;
  Stage stage_ = Stage::kGreeting;
  int skipped_ = 0;
};

class Prober final : public Negotiator {
 public:
  Prober(Findings& findings, std::unique_ptr<ClientRole> role) : findings_(findings), role_(std::move(role)) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return role_->Cut(stage_, in, scan); }

  LegAct On(std::string_view unit, Out& out) override {
    if (stage_ == Stage::kGreeting) {
      if (!role_->IsGreeting(unit)) return Leave(NotAGreeting(), out);
      findings_.greeting = Content(unit);
    }
    const Meaning meaning = role_->Understand(stage_, unit);
    if (auto fail = Broken(meaning)) return Leave(*std::move(fail), out);
    if (meaning == Meaning::kSkip) return ++skipped_ > kMaxSkipped ? Leave(TooMuch(), out) : Read{};
    const bool yes = meaning == Meaning::kYes;
    switch (stage_) {
      case Stage::kGreeting:
        if (yes) return AskFor(Stage::kCapabilities, unit, out);
        return Leave({{End::kStarttlsNotOffered, Blame::kServer, "the server refused service"}}, out);
      case Stage::kCapabilities:
        findings_.before = role_->List(stage_, unit);
        findings_.offers_upgrade = yes;
        if (yes) return AskFor(Stage::kGoAhead, unit, out);
        return Leave(NoTls{End::kStarttlsNotOffered, false}.AsFail(), out);
      case Stage::kGoAhead:
        if (yes) return StartTls{};
        return Leave({{End::kStarttlsRefused, Blame::kServer, "the server offered STARTTLS and then refused it"}}, out);
      case Stage::kInside:
        break;
    }
    findings_.inside = role_->List(stage_, unit);
    out.server() += role_->Quit();
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override {
    stage_ = Stage::kInside;
    skipped_ = 0;
    out.server() += role_->Ask(Stage::kInside);
    return Read{};
  }

 private:
  LegAct AskFor(Stage next, std::string_view unit, Out& out) {
    stage_ = next;
    skipped_ = 0;
    const std::string question = role_->Ask(next);
    if (question.empty()) return On(unit, out);  // the greeting lists the capabilities
    out.server() += question;
    return Read{};
  }

  LegAct Leave(Fail fail, Out& out) {
    out.server() += role_->Quit();
    return fail;
  }

  Findings& findings_;
  std::unique_ptr<ClientRole> role_;
  Stage stage_ = Stage::kGreeting;
  int skipped_ = 0;
};

}  // namespace

std::unique_ptr<Negotiator> MakeServerLeg(Prologue& prologue, std::unique_ptr<ClientRole> role) {
  return std::make_unique<ServerLeg>(prologue, std::move(role));
}

std::unique_ptr<Negotiator> MakeProber(Findings& findings, std::unique_ptr<ClientRole> role) {
  return std::make_unique<Prober>(findings, std::move(role));
}

}  // namespace starlock::protocol
