// TLS records that a peer sends, changed on their way, cut anywhere, in any order: opened and sealed where they lie, or
// by SSL_read and SSL_write, all that can be seen of it must be the same.
//
// The first byte of an input chooses the version, the cipher and the side; the second, how much is lost in the end; the
// others are what is done, one after the other.

#include <openssl/ssl.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buffer/chain.h"
#include "buffer/slab.h"
#include "pki/throwaway_ca.h"
#include "tls/client_context_impl.h"
#include "tls/context.h"
#include "tls/identity.h"
#include "tls/openssl_errors.h"
#include "tls/record_layer.h"
#include "tls/server_context_impl.h"
#include "tls/ticket_keys.h"

namespace {

using namespace starlock;       // NOLINT(google-build-using-namespace)
using namespace starlock::tls;  // NOLINT(google-build-using-namespace)
using Status = RecordLayer::Status;

constexpr size_t kHeader = SSL3_RT_HEADER_LENGTH;
constexpr size_t kMostSteps = 48;
constexpr size_t kMostSaid = 40000;

void Require(bool holds, const char* words) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", words);
  std::abort();
}

/// What to do, read off the input.
class Script {
 public:
  explicit Script(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  bool over() const { return bytes_.empty(); }
  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  size_t Number() {
    const size_t high = Byte();
    return high << 8 | Byte();
  }
  std::string Bytes(size_t size) {
    const auto some = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(some.size());
    return {some.begin(), some.end()};
  }

 private:
  std::span<const uint8_t> bytes_;
};

/// Of TLS 1.2; nullptr is TLS 1.3.
constexpr const char* kCiphers[] = {nullptr, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
                                    "ECDHE-ECDSA-AES128-SHA"};

/// The contexts of both sides, made once.
struct World {
  static World& Get() {
    static World world;
    return world;
  }

  World() {
    const auto ca = std::move(pki::ThrowawayCa::Create("fuzz")).value();
    const pki::PemPair pem = std::move(ca->Issue({.names = {"localhost"}})).value();
    ServerSettings server_settings;
    server_settings.identities = {std::move(Identity::FromPem(pem.chain, pem.key)).value()};
    server_settings.tickets = TicketKeys::Generate();
    ClientSettings client_settings;
    client_settings.verify = Verify::kNone;
    client_settings.server_name = "localhost";
    server = std::move(ServerContext::Create(server_settings)).value();
    client = std::move(ClientContext::Create(client_settings)).value();
  }

  std::unique_ptr<ServerContext> server;
  std::unique_ptr<ClientContext> client;
};

/// A side under test, on one of the two paths, and its peer.
class Play {
 public:
  Play(const char* cipher, bool server_side, RecordLayer::Path path) {
    bssl::UniquePtr<SSL> server = World::Get().server->impl().NewSsl();
    bssl::UniquePtr<SSL> client = World::Get().client->impl().NewSsl(&outcome_);
    const uint16_t version = cipher == nullptr ? TLS1_3_VERSION : TLS1_2_VERSION;
    for (SSL* ssl : {server.get(), client.get()}) {
      SSL_set_min_proto_version(ssl, version);
      SSL_set_max_proto_version(ssl, version);
      if (cipher != nullptr) Require(SSL_set_strict_cipher_list(ssl, cipher) == 1, "a known cipher");
    }
    tested_ = std::make_unique<RecordLayer>(std::move(server_side ? server : client), pool_, path);
    peer_ = std::make_unique<RecordLayer>(std::move(server_side ? client : server), pool_, RecordLayer::Path::kPublic);
    Shake();
  }

  void Do(Script script) {
    const size_t lost = script.Byte();
    for (size_t i = 0; i < kMostSteps && !script.over() && !failed_; ++i) Step(script);
    Deliver(SIZE_MAX, lost);
    tested_->DropInput();
    peer_->DropInput();
    Require(pool_.in_use() == 0, "no slab is left in use");
  }
  const std::string& story() const { return story_; }

 private:
  void Shake() {
    Status one = Status::kMore, other = Status::kMore;
    for (int i = 0; i < 6 && (one != Status::kDone || other != Status::kDone); ++i) {
      one = tested_->Handshake();
      peer_->Feed(tested_->TakeOutput());
      other = peer_->Handshake();
      tested_->Feed(peer_->TakeOutput());
    }
    Require(one == Status::kDone && other == Status::kDone, "a handshake");
  }

  // The two plays have keys of their own, so what is done must mean the same whatever the ciphertext is: no ciphertext
  // may come to lie where a header belongs.
  void Step(Script& script) {
    const uint8_t what = script.Byte() % 10;
    const size_t which = wire_.empty() ? 0 : script.Byte() % wire_.size();
    switch (what) {
      case 0:
        return Say(script.Number() % kMostSaid);
      case 1:
        return Update(script.Byte() % 2);
      case 2:
        return Flip(which, script);
      case 3:
        if (!wire_.empty()) wire_.erase(wire_.begin() + static_cast<ptrdiff_t>(which));
        return;
      case 4:
        return Insert(which, script);
      case 5:
        return Deliver(script.Number() + 1, 0);
      case 6:
        return Answer(script.Number() % kMostSaid);
      case 7:
        (void)peer_->SealEnd();
        return TakeRecords();
      case 8:
        if (!wire_.empty()) wire_.push_back(wire_[which]);
        return;
      default:
        story_ += tested_->SealEnd() ? "ended\n" : "cannot end: " + TakeErrors() + "\n";
        return TakeAnswer();
    }
  }

  // What the peer has written goes on the wire, cut into records.
  void TakeRecords() {
    std::string all = peer_->TakeOutput().ToString();
    while (!all.empty()) {
      const size_t size = kHeader + Length(all);
      wire_.push_back(all.substr(0, size));
      all.erase(0, size);
    }
    (void)TakeErrors();
  }

  static size_t Length(std::string_view record) {
    return size_t{static_cast<uint8_t>(record[3])} << 8 | static_cast<uint8_t>(record[4]);
  }

  void Say(size_t size) {
    buffer::Chain plain;
    plain.Copy(pool_, std::string(size, 'p'));
    (void)peer_->Seal(std::move(plain));
    TakeRecords();
  }

  void Update(int requested) {
    auto* ssl = const_cast<SSL*>(peer_->ssl());
    if (SSL_version(ssl) == TLS1_3_VERSION && SSL_key_update(ssl, requested) == 1) (void)SSL_write(ssl, "", 0);
    (void)peer_->Seal({});
    TakeRecords();
  }

  void Flip(size_t which, Script& script) {
    if (wire_.empty()) return;
    std::string& record = wire_[which];
    char& byte = record[script.Number() % record.size()];
    byte = static_cast<char>(byte ^ (script.Byte() | 1));
    // One byte of ciphertext behind such a header is skipped, or not, as it happens to be.
    if (record[0] == SSL3_RT_CHANGE_CIPHER_SPEC) record[0] = SSL3_RT_APPLICATION_DATA;
  }

  // A whole record that nobody sealed.
  void Insert(size_t which, Script& script) {
    std::string record = script.Bytes(kHeader - 2);
    if (record.size() < kHeader - 2) return;
    const std::string body = script.Bytes(script.Byte());
    record += '\0';
    record += static_cast<char>(body.size());
    wire_.insert(wire_.begin() + static_cast<ptrdiff_t>(which), record + body);
  }

  // In pieces, as a socket's bytes come: into a slab's rest, and no more of it kept. The last `less` bytes are lost.
  void Deliver(size_t piece, size_t less) {
    std::string all;
    for (const std::string& record : std::exchange(wire_, {})) all += record;
    all.resize(all.size() - std::min(less, all.size()));
    for (size_t at = 0; at < all.size() && !failed_;) {
      buffer::Chunk chunk = pool_.Reserve();
      const size_t n = std::min({piece, all.size() - at, chunk.tailroom()});
      std::copy_n(all.data() + at, n, chunk.tail().data());
      pool_.Commit(chunk, n);
      at += n;
      buffer::Chain in;
      in.Append(std::move(chunk));
      tested_->Feed(std::move(in));
      Open();
    }
    TakeAnswer();
  }

  void Open() {
    buffer::Chain plain;
    const Status status = tested_->Open(plain);
    if (status != Status::kMore || !plain.empty()) Tell("tested", status, plain);
    Require(status != Status::kMore || !tested_->pending(), "all that came is used up");
    failed_ = status == Status::kFailed;
    if (status == Status::kEnd) tested_->DropInput();
  }

  void Answer(size_t size) {
    buffer::Chain plain;
    plain.Copy(pool_, std::string(size, 'a'));
    if (!tested_->Seal(std::move(plain))) story_ += "cannot seal: " + TakeErrors() + "\n";
    TakeAnswer();
  }

  void TakeAnswer() {
    buffer::Chain out = tested_->TakeOutput();
    if (out.empty() || peer_failed_) return;
    story_ += "answer of " + std::to_string(out.size()) + "\n";
    peer_->Feed(std::move(out));
    buffer::Chain plain;
    const Status status = peer_->Open(plain);
    peer_failed_ = status == Status::kFailed;
    if (status == Status::kEnd) peer_->DropInput();
    Tell("peer", status, plain);
  }

  void Tell(const char* who, Status status, const buffer::Chain& plain) {
    const std::string text = plain.ToString();
    story_ += std::string(who) + ": " + std::to_string(static_cast<int>(status)) + " with " +
              std::to_string(text.size()) + "/" + std::to_string(std::hash<std::string>()(text));
    if (status == Status::kFailed) story_ += " because " + TakeErrors();
    story_ += "\n";
    Require(TakeErrors().empty(), "no error is left behind");
  }

  buffer::SlabPool pool_{size_t{16} * (16384 + 128), 4};
  VerifyOutcome outcome_;
  std::unique_ptr<RecordLayer> tested_, peer_;
  std::vector<std::string> wire_;  ///< records
  std::string story_;
  bool failed_ = false;
  bool peer_failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Script script({data, size});
  const uint8_t chosen = script.Byte();
  const char* const cipher = kCiphers[chosen % std::size(kCiphers)];
  std::string stories[2];
  for (const auto path : {RecordLayer::Path::kInPlace, RecordLayer::Path::kPublic}) {
    Play play(cipher, (chosen & 4) != 0, path);
    play.Do(script);
    stories[static_cast<size_t>(path)] = play.story();
  }
  if (stories[0] != stories[1]) {
    std::fprintf(stderr, "in place:\n%sby reading:\n%s", stories[0].c_str(), stories[1].c_str());
    Require(false, "both are the same");
  }
  return 0;
}
