// TLS records: the cipher alone, and Starlock's record layer. Two record layers exchange records in memory.

#include <benchmark/benchmark.h>
#include <openssl/aead.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pki/throwaway_ca.h"
#include "tls/client_context_impl.h"
#include "tls/identity.h"
#include "tls/record_layer.h"
#include "tls/server_context_impl.h"

namespace {

using starlock::buffer::Chain;
using starlock::tls::RecordLayer;

constexpr size_t kBatch = 65536;  // plaintext bytes that a relay handles at once

void CountBytes(benchmark::State& state, size_t each) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(each));
}

/// The cipher alone: the lower bound for any proxy.
void BM_Aead(benchmark::State& state, const EVP_AEAD* aead, bool open) {
  const auto size = static_cast<size_t>(state.range(0));
  const std::vector<uint8_t> key(EVP_AEAD_key_length(aead), 1);
  const std::array<uint8_t, 12> nonce{};
  bssl::ScopedEVP_AEAD_CTX context;
  EVP_AEAD_CTX_init(context.get(), aead, key.data(), key.size(), 16, nullptr);
  std::vector<uint8_t> plain(size, 'x');
  std::vector<uint8_t> sealed(size + 16);
  size_t n = 0;
  EVP_AEAD_CTX_seal(context.get(), sealed.data(), &n, sealed.size(), nonce.data(), nonce.size(), plain.data(), size,
                    nullptr, 0);
  for (auto _ : state) {
    const int done = open ? EVP_AEAD_CTX_open(context.get(), plain.data(), &n, size, nonce.data(), nonce.size(),
                                              sealed.data(), sealed.size(), nullptr, 0)
                          : EVP_AEAD_CTX_seal(context.get(), sealed.data(), &n, sealed.size(), nonce.data(),
                                              nonce.size(), plain.data(), size, nullptr, 0);
    if (done != 1) return state.SkipWithError("the cipher failed");
    benchmark::ClobberMemory();
  }
  CountBytes(state, size);
}
BENCHMARK_CAPTURE(BM_Aead, aes128_seal, EVP_aead_aes_128_gcm(), false)->Arg(64)->Arg(1400)->Arg(16384);
BENCHMARK_CAPTURE(BM_Aead, aes128_open, EVP_aead_aes_128_gcm(), true)->Arg(64)->Arg(1400)->Arg(16384);
BENCHMARK_CAPTURE(BM_Aead, chacha_seal, EVP_aead_chacha20_poly1305(), false)->Arg(16384);
BENCHMARK_CAPTURE(BM_Aead, chacha_open, EVP_aead_chacha20_poly1305(), true)->Arg(16384);

/// A certificate, and contexts for both roles.
class World {
 public:
  World() {
    const auto ca = std::move(starlock::pki::ThrowawayCa::Create("bench")).value();
    const auto pem = std::move(ca->Issue({.names = {"localhost"}})).value();
    const std::shared_ptr<const starlock::tls::Identity> leaf =
        std::move(starlock::tls::Identity::FromPem(pem.chain, pem.key)).value();
    starlock::tls::ServerSettings server;
    server.tls.groups = {starlock::KeyExchangeGroup::kX25519};
    server.identities = {leaf};
    server_ = std::move(starlock::tls::ServerContext::Create(server)).value();
    starlock::tls::ClientSettings client;
    client.tls.groups = {starlock::KeyExchangeGroup::kX25519};
    client.verify = starlock::Verify::kNone;
    client_ = std::move(starlock::tls::ClientContext::Create(client)).value();
  }

  starlock::tls::ServerContext& server() { return *server_; }
  starlock::tls::ClientContext& client() { return *client_; }

 private:
  std::unique_ptr<starlock::tls::ServerContext> server_;
  std::unique_ptr<starlock::tls::ClientContext> client_;
};

/// A client and a server after their handshake.
class Layers {
 public:
  explicit Layers(World& world)
      : server(world.server().impl().NewSsl(), pool), client(world.client().impl().NewSsl(&outcome_), pool) {
    for (int i = 0; i < 4; ++i) {
      client.Handshake();
      server.Feed(client.TakeOutput());
      server.Handshake();
      client.Feed(server.TakeOutput());
    }
    good = client.Handshake() == RecordLayer::Status::kDone && server.Handshake() == RecordLayer::Status::kDone;
  }

  Chain Plain(const std::string& text, size_t record) {
    Chain plain;
    for (size_t at = 0; at < text.size(); at += record) plain.Copy(pool, std::string_view(text).substr(at, record));
    return plain;
  }

  starlock::buffer::SlabPool pool{262144, 8};
  RecordLayer server;
  RecordLayer client;
  bool good = false;

 private:
  starlock::tls::VerifyOutcome outcome_;
};

/// A full handshake, both sides together.
void BM_FullHandshake(benchmark::State& state) {
  World world;
  for (auto _ : state) {
    Layers layers(world);
    if (!layers.good) return state.SkipWithError("a handshake failed");
  }
}
BENCHMARK(BM_FullHandshake)->Unit(benchmark::kMicrosecond);

/// A batch of records of one size, sealed by one side. Its bytes are copied into place: see BM_Copy.
std::string Sealed(RecordLayer& from, Layers& layers, size_t record) {
  const std::string text(record, 'x');
  std::string wire;
  for (size_t i = 0; i < kBatch / record; ++i) {
    if (!from.Seal(layers.Plain(text, record))) return {};
    wire += from.TakeOutput().ToString();
  }
  return wire;
}

void BM_Copy(benchmark::State& state) {
  starlock::buffer::SlabPool pool{262144, 8};
  const std::string text(kBatch, 'x');
  for (auto _ : state) {
    Chain chain;
    chain.Copy(pool, text);
    benchmark::DoNotOptimize(chain.size());
  }
  CountBytes(state, text.size());
}
BENCHMARK(BM_Copy);

void BM_Seal(benchmark::State& state) {
  World world;
  Layers layers(world);
  const auto record = static_cast<size_t>(state.range(0));
  const std::string text(record, 'x');
  for (auto _ : state) {
    if (!layers.server.Seal(layers.Plain(text, record))) return state.SkipWithError("sealing failed");
    const Chain out = layers.server.TakeOutput();
    benchmark::DoNotOptimize(out.size());
  }
  CountBytes(state, record);
}
BENCHMARK(BM_Seal)->Arg(64)->Arg(1400)->Arg(4096)->Arg(16384);

/// Sealing is not timed: each record can be opened only once.
void BM_Open(benchmark::State& state) {
  World world;
  Layers layers(world);
  const auto record = static_cast<size_t>(state.range(0));
  size_t size = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string wire = Sealed(layers.client, layers, record);
    Chain in;
    in.Copy(layers.pool, wire);
    state.ResumeTiming();
    layers.server.Feed(std::move(in));
    Chain plain;
    if (layers.server.Open(plain) != RecordLayer::Status::kMore) return state.SkipWithError("opening failed");
    size = plain.size();
  }
  CountBytes(state, size);
}
BENCHMARK(BM_Open)->Arg(64)->Arg(1400)->Arg(4096)->Arg(16384);

/// A batch of records through a proxy with TLS on both legs: opened on one leg, sealed on the other.
void BM_RelayRecord(benchmark::State& state) {
  World world;
  Layers front(world);
  Layers behind(world);
  const auto record = static_cast<size_t>(state.range(0));
  size_t size = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string wire = Sealed(front.client, front, record);
    Chain in;
    in.Copy(front.pool, wire);
    state.ResumeTiming();
    front.server.Feed(std::move(in));
    Chain plain;
    if (front.server.Open(plain) != RecordLayer::Status::kMore) return state.SkipWithError("opening failed");
    size = plain.size();
    if (!behind.client.Seal(std::move(plain))) return state.SkipWithError("sealing failed");
    const Chain out = behind.client.TakeOutput();
    benchmark::DoNotOptimize(out.size());
  }
  CountBytes(state, size);
}
BENCHMARK(BM_RelayRecord)->Arg(1400)->Arg(16384);

}  // namespace
