#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pki/throwaway_ca.h"
#include "support/stream_pair.h"
#include "tls/context.h"
#include "tls/identity.h"
#include "tls/ticket_keys.h"
#include "tls/tls_stream.h"
#include "tls/trust_store.h"

namespace starlock::tls {

using pki::PemPair;
using pki::ThrowawayCa;

/// The owner of one side: records its events and checks their order.
class Owner : public TlsHandler {
 public:
  void OnHandshake(const TlsInfo& info) override;
  void OnData(buffer::Chain& in) override;
  void OnWritable() override { ++writable; }
  void OnEnd(buffer::StreamEnd how) override;
  void OnClosed(const Error& error) override;

  void Send(std::string_view bytes);
  void Attach(std::unique_ptr<TlsStream> made);

  std::unique_ptr<TlsStream> stream;
  buffer::SlabPool* pool = nullptr;
  std::optional<TlsInfo> info;
  std::string received;
  std::optional<buffer::StreamEnd> end;
  std::optional<Error> closed;
  int data_calls = 0;
  int writable = 0;
  bool accepts = true;       ///< what the last Write returned
  bool leave = false;        ///< consumes nothing and switches reading off
  bool read_at_once = true;  ///< switches reading on when the handshake is done
  std::function<void()> on_handshake, on_data, on_end;
};

/// A CA, its certificates and matching settings. Made once per process, because keys are slow to generate.
class World {
 public:
  static World& Get();

  std::shared_ptr<const Identity> Make(const ThrowawayCa::Request& request) const;
  std::shared_ptr<const TrustStore> Trust(const std::string& pem) const;

  ServerSettings Server() const;
  ClientSettings Client() const;

  std::unique_ptr<ThrowawayCa> ca, stranger;
  std::shared_ptr<const Identity> ecdsa, rsa;  ///< both for mail.example.org and 192.0.2.1
  std::shared_ptr<const TrustStore> trust;

 private:
  World();
};

/// Two streams connected to each other.
class Link {
 public:
  Link(ServerContext& server_context, ClientContext& client_context, const test::PairOptions& options = {},
       std::shared_ptr<SessionFamily> family = nullptr, std::shared_ptr<SessionFamily> server_family = nullptr);
  ~Link();

  /// Runs the loop until it is idle.
  void Run() { ASSERT_TRUE(loop.Run()) << "the loop never comes to rest"; }
  bool established() const { return client.info.has_value() && server.info.has_value(); }

  test::FakeLoop loop;
  test::StreamPair pair;
  Owner client, server;
};

std::unique_ptr<ServerContext> MakeServer(const ServerSettings& settings);
std::unique_ptr<ClientContext> MakeClient(const ClientSettings& settings);

/// Test bytes that vary.
std::string Pattern(size_t size);

}  // namespace starlock::tls
