#include "cli/probe_run.h"

#include <fmt/format.h>

#include <utility>

#include "base/host_name.h"
#include "protocol/dialects.h"

namespace starlock::cli {

using protocol::End;
using protocol::Side;

Result<std::unique_ptr<ProbeRun>> ProbeRun::Create(const ProbeOptions& options) {
  tls::ClientSettings settings;
  settings.server_name = options.server_name.empty() ? options.target.host : options.server_name;
  settings.verify = options.insecure ? Verify::kNone : Verify::kFull;
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
      targets_{options.target},
      dialect_(*protocol::FindDialect(options.protocol)),
      context_(std::move(context)),
      talk_(*this, loop_, legs_, dialect_, protocol::MakeProbe(dialect_, OwnHostName(), report_.findings)),
      dialler_(loop_, resolver_, targets_, std::chrono::milliseconds(0),
               [this](Result<std::unique_ptr<buffer::Stream>> stream) { OnDialled(std::move(stream)); }) {
  report_.protocol = options.protocol;
  report_.target = options.target;
  legs_.SetOwner(talk_);
}

ProbeRun::~ProbeRun() = default;

const ProbeReport& ProbeRun::Run(std::chrono::milliseconds deadline) {
  net::Timer timer(loop_, [this, deadline] { OnDeadline(deadline); });
  timer.Start(deadline);
  talk_.Start();
  loop_.Run();
  if (!report_.failure && report_.peer.verification == tls::PeerInfo::Verification::kFailed) {
    report_.failure = {End::kVerifyFailed, fmt::format("the certificate was refused: {}", report_.peer.reason)};
  }
  return report_;
}

bool ProbeRun::Dial(bool next) {
  if (next) return false;
  legs_.Replace(Side::kServer);
  dialler_.Dial(false);
  return true;
}

void ProbeRun::OnDialled(Result<std::unique_ptr<buffer::Stream>> stream) {
  if (!stream) return talk_.Abandon(session::Dialler::Explain(stream.error()));
  report_.address = dialler_.address().ToString();
  server().Open(std::move(stream).value());
  server().stream()->SetReading(true);
  talk_.UpstreamUp();
}

void ProbeRun::BeginTls(Side /*side*/) {
  server().Connect(*context_, loop_.pool(), loop_, dialect_.starttls, nullptr);
  server().stream()->SetReading(true);
}

void ProbeRun::OnTls(Side /*side*/, const tls::TlsInfo& info) {
  report_.tls = info;
  report_.peer = server().peer();
}

void ProbeRun::OnServerTlsFailed(const Error& /*error*/) { report_.peer = server().peer(); }

void ProbeRun::OnFailed(const protocol::Failure& failure, bool /*told*/) {
  report_.failure = {failure.end, failure.Reason()};
  Finish();
}

void ProbeRun::OnDeadline(std::chrono::milliseconds deadline) {
  // A look-up in progress cannot be told from a connection attempt, but an address literal needs no look-up.
  resolving_ = dialler_.dialling() && !IsAddressLiteral(options_.target.host);
  report_.failure = {End::kTimeout, WhatIsMissing(deadline)};
  Finish();
}

std::string ProbeRun::WhatIsMissing(std::chrono::milliseconds deadline) const {
  const auto seconds = deadline.count() / 1000;
  if (dialler_.dialling()) return fmt::format("no connection within {} s", seconds);
  if (legs_[Side::kServer].state() == session::Leg::State::kHandshaking) {
    return fmt::format("the TLS handshake was not done within {} s", seconds);
  }
  const bool heard = report_.findings.greeting || report_.findings.before || report_.tls;
  if (heard) return fmt::format("the server did not answer within {} s", seconds);
  return fmt::format(
      "the server said nothing within {} s; if it speaks TLS from the first byte, probe it with --protocol tcp",
      seconds);
}

void ProbeRun::Finish() {
  talk_.Stop();
  dialler_.Cancel();
  if (server().open()) server().stream()->End(buffer::StreamEnd::kClean);
  loop_.Stop();
}

}  // namespace starlock::cli
