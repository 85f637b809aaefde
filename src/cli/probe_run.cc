#include "cli/probe_run.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "protocol/dialects.h"

namespace starlock::cli {
namespace {

using protocol::End;
using protocol::Event;
using protocol::Side;

std::string OwnName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::string Seconds(std::chrono::milliseconds time) { return std::to_string(time.count() / 1000) + " s"; }

}  // namespace

Result<std::unique_ptr<ProbeRun>> ProbeRun::Create(const ProbeOptions& options) {
  tls::ClientSettings settings;
  settings.server_name = options.server_name.empty() ? options.target.host : options.server_name;
  settings.verify = options.insecure ? tls::Verify::kNone : tls::Verify::kFull;
  settings.enforce = false;
  settings.ca_file = options.ca;
  auto context = tls::ClientContext::Create(settings);
  if (!context) return context.error();
  std::unique_ptr<ProbeRun> run(new ProbeRun(options, std::move(context).value()));
  run->report_.server_name = run->report_.findings.server_name = settings.server_name;
  return run;
}

ProbeRun::ProbeRun(const ProbeOptions& options, std::unique_ptr<tls::ClientContext> context)
    : options_(options),
      dialogue_(protocol::MakeProbe(*protocol::FindDialect(options.protocol), OwnName(), report_.findings)),
      context_(std::move(context)) {
  report_.protocol = options.protocol;
  report_.target = options.target;
}

ProbeRun::~ProbeRun() = default;

const ProbeReport& ProbeRun::Run(std::chrono::milliseconds deadline) {
  net::Timer timer(loop_, [this, deadline] { OnDeadline(deadline); });
  timer.Start(deadline);
  connector_ = std::make_unique<net::Connector>(
      loop_, resolver_, std::vector{options_.target}, std::chrono::milliseconds(0),
      [this](Result<net::Connector::Connected> connected) { OnConnected(std::move(connected)); });
  loop_.Run();
  report_.peer = channel_.peer();
  if (!report_.failure && report_.peer.verification == tls::PeerInfo::Verification::kFailed) {
    report_.failure = {End::kVerifyFailed, "the certificate was refused: " + report_.peer.reason};
  }
  return report_;
}

void ProbeRun::OnConnected(Result<net::Connector::Connected> connected) {
  if (!connected) {
    const bool unresolved = connected.error().code == ErrorCode::kResolveFailed;
    return Fail(unresolved ? End::kResolveFailed : End::kConnectFailed, connected.error().detail);
  }
  report_.address = connected->address.ToString();
  phase_ = Phase::kTalk;
  channel_.Open(std::move(connected->stream));
  Tell(Event::kUpstreamUp);
}

void ProbeRun::Tell(Event event) {
  protocol::Out out;
  const protocol::Step step = dialogue_->Notify(event, Side::kServer, out);
  Perform(step, out);
  Pump();
}

void ProbeRun::OnInput() {
  Pump();
  if (phase_ != Phase::kTalk && phase_ != Phase::kTalkInside) return;
  if (channel_.ended()) Fail(channel_.truncated() ? End::kTruncated : End::kClosed, "the server closed the connection");
}

void ProbeRun::OnTls(const tls::TlsInfo& info) {
  report_.tls = info;
  phase_ = Phase::kTalkInside;
  Tell(Event::kTlsUp);
}

void ProbeRun::Pump() {
  while (phase_ == Phase::kTalk || phase_ == Phase::kTalkInside) {
    protocol::Out out;
    const protocol::Step step = dialogue_->Advance({}, channel_.input, out);
    channel_.input.erase(0, step.used[protocol::Index(Side::kServer)]);
    Perform(step, out);
    if (protocol::Is<protocol::Read>(step.act)) break;
  }
}

void ProbeRun::Perform(const protocol::Step& step, const protocol::Out& out) {
  channel_.Write(out.to[protocol::Index(Side::kServer)]);
  if (protocol::Is<protocol::Read>(step.act)) return;
  if (const auto* upgrade = std::get_if<protocol::Upgrade>(&step.act); upgrade && upgrade->side == Side::kServer) {
    phase_ = Phase::kHandshake;
    return channel_.ConnectTls(*context_);
  }
  if (protocol::Is<protocol::Relay>(step.act)) return Finish();
  if (const auto* fail = std::get_if<protocol::Fail>(&step.act)) return Fail(fail->failure.end, fail->failure.why);
  Fail(End::kInternal, "a probe asked for what only a session has");
}

void ProbeRun::OnClosed(const Error& error) {
  if (phase_ == Phase::kOver) return;
  ProbeFailure failure = Explain(error);
  Fail(failure.end, std::move(failure.why));
}

ProbeFailure ProbeRun::Explain(const Error& error) const {
  const bool implicit = !protocol::FindDialect(options_.protocol)->starttls;
  switch (error.code) {
    case ErrorCode::kNotTls:
      if (implicit) return {End::kHandshakeFailed, "the server does not speak TLS: " + error.detail};
      return {End::kPlaintextAfterStarttls, "the server agreed to TLS, and then did not speak it: " + error.detail};
    case ErrorCode::kVerifyFailed:
      return {End::kVerifyFailed, "the certificate was refused: " + error.detail};
    case ErrorCode::kHandshakeFailed:
      return {End::kHandshakeFailed, "the TLS handshake failed: " + error.detail};
    case ErrorCode::kTls:
      return {End::kProtocolError, "TLS failed: " + error.detail};
    case ErrorCode::kReset:
      return {End::kReset, "the server reset the connection"};
    case ErrorCode::kNone:
      return {End::kClosed, "the server closed the connection"};
    case ErrorCode::kConnectFailed:
    case ErrorCode::kResolveFailed:
    case ErrorCode::kTimeout:
    case ErrorCode::kSystem:
    case ErrorCode::kInvalid:
      break;
  }
  return {End::kInternal, error.detail};
}

void ProbeRun::OnDeadline(std::chrono::milliseconds deadline) {
  switch (phase_) {
    case Phase::kConnect:
      // Nothing to tell a look-up from a connection attempt by, but that a literal is not looked up.
      resolving_ = !IsAddressLiteral(options_.target.host);
      return Fail(End::kTimeout, "no connection within " + Seconds(deadline));
    case Phase::kTalk:
      if (report_.findings.greeting || report_.findings.before) break;
      return Fail(End::kTimeout, "the server said nothing within " + Seconds(deadline) +
                                     "; if it speaks TLS from the first byte, probe it with --protocol tcp");
    case Phase::kHandshake:
      return Fail(End::kTimeout, "the TLS handshake was not done within " + Seconds(deadline));
    case Phase::kTalkInside:
    case Phase::kOver:
      break;
  }
  Fail(End::kTimeout, "the server did not answer within " + Seconds(deadline));
}

void ProbeRun::Finish() {
  phase_ = Phase::kOver;
  channel_.End();
  loop_.Stop();
}

void ProbeRun::Fail(End end, std::string why) {
  if (phase_ == Phase::kOver) return;
  report_.failure = ProbeFailure{end, std::move(why)};
  Finish();
}

}  // namespace starlock::cli
