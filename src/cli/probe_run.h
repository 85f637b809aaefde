#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/probe.h"
#include "cli/probe_report.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "session/dialler.h"
#include "session/legs.h"
#include "session/talk.h"
#include "tls/context.h"

namespace starlock::cli {

/// One probe of one server, from the name look-up to the goodbye: a talk without a client.
class ProbeRun final : private session::TalkOwner {
 public:
  /// kInvalid: the options name something that cannot be used, such as a missing CA file.
  static Result<std::unique_ptr<ProbeRun>> Create(const ProbeOptions& options);
  ~ProbeRun() override;

  /// Returns when the probe is complete, when it has failed, or after `deadline`. Call once.
  const ProbeReport& Run(std::chrono::milliseconds deadline);
  /// A name look-up was still running at the deadline; the destructor would wait for it.
  bool resolving() const { return resolving_; }

 private:
  ProbeRun(const ProbeOptions& options, std::unique_ptr<tls::ClientContext> context);

  bool Dial(bool next) override;
  void BeginTls(protocol::Side side) override;
  void OnTls(protocol::Side side, const tls::TlsInfo& info) override;
  void OnServerTlsFailed(const Error& error) override;
  void OnRelay() override { Finish(); }
  void OnFailed(const protocol::Failure& failure, bool told) override;

  void OnDialled(Result<std::unique_ptr<buffer::Stream>> stream);
  void OnDeadline(std::chrono::milliseconds deadline);
  std::string WhatIsMissing(std::chrono::milliseconds deadline) const;
  void Finish();
  session::Leg& server() { return legs_[protocol::Side::kServer]; }

  const ProbeOptions options_;
  const std::vector<HostPort> targets_;
  const protocol::Dialect& dialect_;
  ProbeReport report_;
  const std::unique_ptr<tls::ClientContext> context_;
  net::Loop loop_;
  net::Resolver resolver_{loop_};
  session::Legs legs_{loop_, session::Legs::HangUp::kClient};
  session::Talk talk_;
  session::Dialler dialler_;
  bool resolving_ = false;
};

}  // namespace starlock::cli
