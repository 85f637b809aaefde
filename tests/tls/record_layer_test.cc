// The record layer alone: what the peer may do after a handshake, and what goes to the transport.

#include "tls/record_layer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "harness.h"
#include "tls/client_context_impl.h"
#include "tls/openssl_errors.h"
#include "tls/server_context_impl.h"

#if __has_include(<ssl/internal.h>)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#include <ssl/internal.h>
#pragma GCC diagnostic pop
#define STARLOCK_HAS_SSL_INTERNALS 1
#endif

namespace starlock::tls {
namespace {

using Status = RecordLayer::Status;

/// Two record layers connected without a transport.
struct Layers {
  explicit Layers(TlsVersion version) {
    ServerSettings server_settings = World::Get().Server();
    server_settings.tls.min_version = server_settings.tls.max_version = version;
    server_context = MakeServer(server_settings);
    client_context = MakeClient(World::Get().Client());
    server = std::make_unique<RecordLayer>(server_context->impl().NewSsl(), pool);
    client = std::make_unique<RecordLayer>(client_context->impl().NewSsl(&outcome), pool);
    Status client_status = Status::kMore, server_status = Status::kMore;
    for (int i = 0; i < 5 && (client_status == Status::kMore || server_status == Status::kMore); ++i) {
      client_status = client->Handshake();
      server->Feed(client->TakeOutput());
      server_status = server->Handshake();
      client->Feed(server->TakeOutput());
    }
    EXPECT_EQ(client_status, Status::kDone);
    EXPECT_EQ(server_status, Status::kDone);
    Move(*server, *client, "tickets");
  }

  /// Sends a text from one to the other and returns the status.
  Status Move(RecordLayer& from, RecordLayer& to, std::string_view text) {
    buffer::Chain plain, out;
    plain.Copy(pool, text);
    EXPECT_TRUE(from.Seal(std::move(plain)));
    to.Feed(from.TakeOutput());
    const Status status = to.Open(out);
    EXPECT_EQ(out.ToString(), text);
    return status;
  }

  static SSL* Raw(RecordLayer& layer) { return const_cast<SSL*>(layer.ssl()); }

  buffer::SlabPool pool{65536, 4};
  VerifyOutcome outcome;
  std::unique_ptr<ServerContext> server_context;
  std::unique_ptr<ClientContext> client_context;
  std::unique_ptr<RecordLayer> server, client;
};

TEST(RecordLayer, KeyUpdateInBothDirections) {
  Layers layers(TlsVersion::k13);
  for (int i = 0; i < 40; ++i) {
    for (const int request : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED}) {
      ASSERT_EQ(SSL_key_update(Layers::Raw(*layers.client), request), 1);
      EXPECT_EQ(layers.Move(*layers.client, *layers.server, "under new keys"), Status::kMore);
      EXPECT_EQ(layers.Move(*layers.server, *layers.client, "the answer too"), Status::kMore);
    }
  }
  EXPECT_EQ(layers.pool.in_use(), 0u);
}

TEST(RecordLayer, KeyUpdateFloodIsRefused) {
  Layers layers(TlsVersion::k13);
  Status status = Status::kMore;
  for (int i = 0; i < 100 && status == Status::kMore; ++i) {
    ASSERT_EQ(SSL_key_update(Layers::Raw(*layers.client), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_GE(SSL_write(Layers::Raw(*layers.client), "", 0), 0);
    ASSERT_TRUE(layers.client->Seal({}));
    layers.server->Feed(layers.client->TakeOutput());
    buffer::Chain out;
    status = layers.server->Open(out);
  }
  EXPECT_EQ(status, Status::kFailed);
  EXPECT_EQ(TakeErrors(), "too many key updates");
}

TEST(RecordLayer, KeysAreReplacedBeforeTheyWearOut) {
  for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
    Layers layers(version);
    layers.client->set_rekey_after(100000);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(layers.Move(*layers.client, *layers.server, Pattern(30000)), Status::kMore);
      EXPECT_EQ(layers.Move(*layers.server, *layers.client, "back"), Status::kMore);
    }
#ifdef STARLOCK_HAS_SSL_INTERNALS
    // Each key starts a new record sequence.
    const uint64_t sequence = bssl::FromOpaque(layers.server->ssl())->s3->read_sequence;
    if (version == TlsVersion::k13) {
      EXPECT_LE(sequence, 8u);
    } else {
      EXPECT_GT(sequence, 100u);
    }
#endif
  }
}

TEST(RecordLayer, OpenGoesOnBehindOurEndAndSealingBehindTheirs) {
  for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
    Layers layers(version);
    ASSERT_TRUE(layers.client->SealEnd());
    layers.server->Feed(layers.client->TakeOutput());
    buffer::Chain out;
    EXPECT_EQ(layers.server->Open(out), Status::kEnd);
    EXPECT_EQ(layers.server->Open(out), Status::kEnd);
    EXPECT_EQ(layers.Move(*layers.server, *layers.client, Pattern(50000)), Status::kMore);
    buffer::Chain late;
    late.Copy(layers.pool, "late");
    EXPECT_FALSE(layers.client->Seal(std::move(late)));
    (void)TakeErrors();
  }
}

TEST(RecordLayer, AKeyUpdateRequestBehindOurEndIsBorne) {
  Layers layers(TlsVersion::k13);
  ASSERT_TRUE(layers.client->SealEnd());
  (void)layers.client->TakeOutput();
  ASSERT_EQ(SSL_key_update(Layers::Raw(*layers.server), SSL_KEY_UPDATE_REQUESTED), 1);
  EXPECT_EQ(layers.Move(*layers.server, *layers.client, "still talking"), Status::kMore);
  EXPECT_EQ(layers.Move(*layers.server, *layers.client, "and on"), Status::kMore);
}

TEST(RecordLayer, ManySmallSlabs) {
  buffer::SlabPool small(4096, 4);
  Layers layers(TlsVersion::k13);
  VerifyOutcome outcome;
  RecordLayer server(layers.server_context->impl().NewSsl(), small);
  RecordLayer client(layers.client_context->impl().NewSsl(&outcome), small);
  for (int i = 0; i < 4; ++i) {
    (void)client.Handshake();
    server.Feed(client.TakeOutput());
    (void)server.Handshake();
    client.Feed(server.TakeOutput());
  }
  buffer::Chain plain, out;
  plain.Copy(small, Pattern(200000));
  ASSERT_TRUE(client.Seal(std::move(plain)));
  server.Feed(client.TakeOutput());
  EXPECT_EQ(server.Open(out), Status::kMore);
  EXPECT_TRUE(out.ToString() == Pattern(200000));
  out.Clear();
  EXPECT_EQ(small.in_use(), 0u);
}

#ifdef STARLOCK_HAS_SSL_INTERNALS

/// Seals a handshake message as the peer of a finished TLS 1.2 handshake.
buffer::Chain HandshakeRecord(Layers& layers, RecordLayer& from, std::span<const uint8_t> message) {
  bssl::SSLImpl* ssl = bssl::FromOpaque(Layers::Raw(from));
  std::array<uint8_t, 512> record{};
  size_t size = 0;
  EXPECT_TRUE(bssl::tls_seal_record(ssl, record.data(), &size, record.size(), SSL3_RT_HANDSHAKE, message.data(),
                                    message.size()));
  buffer::Chain chain;
  chain.Copy(layers.pool, {reinterpret_cast<const char*>(record.data()), size});
  return chain;
}

void ExpectRefusal(Layers& layers, RecordLayer& to, RecordLayer& from) {
  buffer::Chain out;
  EXPECT_EQ(to.Open(out), Status::kFailed);
  EXPECT_EQ(TakeErrors(), "no renegotiation");
  from.Feed(to.TakeOutput());
  EXPECT_EQ(from.Open(out), Status::kFailed);
  EXPECT_EQ(TakeErrors(), "peer sent alert no_renegotiation");
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(layers.pool.in_use(), 0u);
}

TEST(Renegotiation, HelloRequestIsRefused) {
  Layers layers(TlsVersion::k12);
  const std::array<uint8_t, 4> hello_request = {SSL3_MT_HELLO_REQUEST, 0, 0, 0};
  layers.client->Feed(HandshakeRecord(layers, *layers.server, hello_request));
  ExpectRefusal(layers, *layers.client, *layers.server);
}

TEST(Renegotiation, ASecondClientHelloIsRefused) {
  Layers layers(TlsVersion::k12);
  const std::array<uint8_t, 8> client_hello = {SSL3_MT_CLIENT_HELLO, 0, 0, 4, 3, 3, 0, 0};
  layers.server->Feed(HandshakeRecord(layers, *layers.client, client_hello));
  ExpectRefusal(layers, *layers.server, *layers.client);
}

#endif

}  // namespace
}  // namespace starlock::tls
