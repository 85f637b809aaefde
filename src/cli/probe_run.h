#pragma once

#include <chrono>
#include <memory>

#include "base/result.h"
#include "cli/probe.h"
#include "cli/probe_report.h"
#include "demo/channel.h"
#include "net/connector.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "protocol/core/dialogue.h"
#include "tls/context.h"

namespace starlock::cli {

/// One probe of one server, from the look-up of its name to the goodbye.
class ProbeRun final : private demo::ChannelOwner {
 public:
  /// kInvalid: what the options ask for can't be had (a CA file, say).
  static Result<std::unique_ptr<ProbeRun>> Create(const ProbeOptions& options);
  ~ProbeRun() override;

  /// Returns when all is known, or no more can be, or after `deadline`. Once.
  const ProbeReport& Run(std::chrono::milliseconds deadline);
  /// A look-up goes on in spite of the deadline, and destroying this would wait for it.
  bool resolving() const { return resolving_; }

 private:
  enum class Phase : uint8_t { kConnect, kTalk, kHandshake, kTalkInside, kOver };

  ProbeRun(const ProbeOptions& options, std::unique_ptr<tls::ClientContext> context);

  void OnInput() override;
  void OnTls(const tls::TlsInfo& info) override;
  void OnClosed(const Error& error) override;
  void OnConnected(Result<net::Connector::Connected> connected);
  void OnDeadline(std::chrono::milliseconds deadline);

  void Tell(protocol::Event event);
  void Pump();
  void Perform(const protocol::Step& step, const protocol::Out& out);
  void Finish();
  void Fail(protocol::End end, std::string why);
  ProbeFailure Explain(const Error& error) const;

  const ProbeOptions options_;
  ProbeReport report_;
  const std::unique_ptr<protocol::Dialogue> dialogue_;
  const std::unique_ptr<tls::ClientContext> context_;
  net::Loop loop_;
  net::Resolver resolver_{loop_};
  demo::Channel channel_{loop_, *this};
  std::unique_ptr<net::Connector> connector_;
  Phase phase_ = Phase::kConnect;
  bool resolving_ = false;
};

}  // namespace starlock::cli
