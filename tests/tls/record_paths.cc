#include "record_paths.h"

#include <algorithm>
#include <array>

#include "tls/openssl_errors.h"
#include "tls/record_internals.h"

#if __has_include(<ssl/internal.h>)
#include <ssl/internal.h>
#endif

namespace starlock::tls {
namespace {

constexpr const char* kStatus[] = {"done", "more", "end", "failed"};

// Tells texts apart in a transcript.
std::string Digest(std::string_view text) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211U;
  return std::to_string(text.size()) + "/" + std::to_string(hash);
}

}  // namespace

Duel::Duel(const Suite& suite, RecordLayer::Path path) {
  ServerSettings settings = World::Get().Server();
  settings.tls.min_version = settings.tls.max_version = suite.version;
  server_context_ = MakeServer(settings);
  client_context_ = MakeClient(World::Get().Client());
  bssl::UniquePtr<SSL> server = server_context_->impl().NewSsl();
  bssl::UniquePtr<SSL> client = client_context_->impl().NewSsl(&outcome_);
  for (SSL* ssl : {server.get(), client.get()}) {
    EXPECT_TRUE(suite.cipher == nullptr || SSL_set_strict_cipher_list(ssl, suite.cipher) == 1) << suite.cipher;
  }
  tested_ = std::make_unique<RecordLayer>(std::move(suite.server ? server : client), pool, path);
  peer_ = std::make_unique<RecordLayer>(std::move(suite.server ? client : server), pool, RecordLayer::Path::kPublic);
  Shake();
  EXPECT_TRUE(suite.cipher == nullptr ||
              SSL_CIPHER_get_name(SSL_get_current_cipher(peer_->ssl())) == std::string(suite.cipher));
}

void Duel::Shake() {
  auto one = RecordLayer::Status::kMore, other = RecordLayer::Status::kMore;
  for (int i = 0; i < 6 && (one != RecordLayer::Status::kDone || other != RecordLayer::Status::kDone); ++i) {
    one = tested_->Handshake();
    peer_->Feed(tested_->TakeOutput());
    other = peer_->Handshake();
    tested_->Feed(peer_->TakeOutput());
  }
  EXPECT_EQ(one, RecordLayer::Status::kDone);
  EXPECT_EQ(other, RecordLayer::Status::kDone);
}

void Duel::Inject(uint8_t type, std::string_view body) {
#if __has_include(<ssl/internal.h>)
  Flush();
  std::string record(body.size() + 512, '\0');
  size_t size = 0;
  EXPECT_TRUE(bssl::tls_seal_record(bssl::FromOpaque(Raw(*peer_)), reinterpret_cast<uint8_t*>(record.data()), &size,
                                    record.size(), type, reinterpret_cast<const uint8_t*>(body.data()), body.size()));
  wire_.append(record, 0, size);
#else
  (void)type, (void)body;
#endif
}

void Duel::Say(std::string_view text) {
  buffer::Chain plain;
  plain.Copy(pool, text);
  story += peer_->Seal(std::move(plain)) ? "" : "peer cannot seal: " + TakeErrors() + "\n";
  wire_ += peer_->TakeOutput().ToString();
}

void Duel::UpdateKey(int request) {
  EXPECT_EQ(SSL_key_update(Raw(*peer_), request), 1);
  Flush();
}

void Duel::Flush() {
  (void)SSL_write(Raw(*peer_), "", 0);
  (void)TakeErrors();
  EXPECT_TRUE(peer_->Seal({}));
  wire_ += peer_->TakeOutput().ToString();
}

void Duel::EndPeer() {
  EXPECT_TRUE(peer_->SealEnd());
  wire_ += peer_->TakeOutput().ToString();
}

void Duel::Tell(std::string_view who, RecordLayer::Status status, const buffer::Chain& plain) {
  story += std::string(who) + ": " + kStatus[static_cast<size_t>(status)];
  if (!plain.empty()) story += " with " + Digest(plain.ToString());
  if (status == RecordLayer::Status::kFailed) story += " because " + TakeErrors();
  story += "\n";
  EXPECT_EQ(TakeErrors(), "");
}

void Duel::Deliver(const std::function<size_t()>& cut) {
  std::string all = std::exchange(wire_, {});
  for (size_t at = 0; at < all.size() && !failed_;) {
    const size_t n = std::clamp<size_t>(cut(), 1, all.size() - at);
    // Like a read from a socket: into the rest of a slab, without extra tailroom.
    buffer::Chunk chunk = pool.Reserve();
    const size_t part = std::min(n, chunk.tailroom());
    std::copy_n(all.data() + at, part, chunk.tail().data());
    pool.Commit(chunk, part);
    buffer::Chain in, plain;
    in.Append(std::move(chunk));
    tested_->Feed(std::move(in));
    const RecordLayer::Status status = tested_->Open(plain);
    if (status != RecordLayer::Status::kMore || !plain.empty()) Tell("tested", status, plain);
    EXPECT_EQ(status == RecordLayer::Status::kMore && tested_->pending(), false);
    failed_ = status == RecordLayer::Status::kFailed;
    if (status == RecordLayer::Status::kEnd) tested_->DropInput();
    at += part;
  }
  TakeAnswer();
}

void Duel::DeliverWhole() {
  Deliver([] { return SIZE_MAX; });
}

void Duel::Answer(buffer::Chain plain) {
  const bool sealed = tested_->Seal(std::move(plain));
  if (!sealed) story += "tested cannot seal: " + TakeErrors() + "\n";
  TakeAnswer();
}

void Duel::TakeAnswer() {
  buffer::Chain out = tested_->TakeOutput();
  if (out.empty() || peer_failed_) return;
  story += "answer of " + std::to_string(out.size()) + "\n";
  buffer::Chain plain, copy;
  copy.Copy(pool, out.ToString());
  peer_->Feed(std::move(copy));
  const RecordLayer::Status status = peer_->Open(plain);
  peer_failed_ = status == RecordLayer::Status::kFailed;
  Tell("peer", status, plain);
}

void Duel::EndTested() {
  story += tested_->SealEnd() ? "" : "cannot end: " + TakeErrors() + "\n";
  TakeAnswer();
}

void Duel::SetSequence(uint64_t number) {
#if __has_include(<ssl/internal.h>)
  bssl::FromOpaque(Raw(*tested_))->s3->read_sequence = number;
  bssl::FromOpaque(Raw(*peer_))->s3->write_sequence = number;
#else
  (void)number;
#endif
}

void Duel::SetAnswerSequence(uint64_t number) {
#if __has_include(<ssl/internal.h>)
  bssl::FromOpaque(Raw(*tested_))->s3->write_sequence = number;
  bssl::FromOpaque(Raw(*peer_))->s3->read_sequence = number;
#else
  (void)number;
#endif
}

void PlayBoth(const Suite& suite, const std::function<void(Duel&)>& scene) {
  std::string stories[2];
  for (const auto path : {RecordLayer::Path::kInPlace, RecordLayer::Path::kPublic}) {
    Duel duel(suite, path);
    EXPECT_EQ(duel.tested().in_place(), path == RecordLayer::Path::kInPlace && record_internals::Built());
    scene(duel);
    duel.tested().DropInput();
    EXPECT_EQ(duel.pool.in_use(), 0U);
    stories[static_cast<size_t>(path)] = duel.story;
  }
  EXPECT_EQ(stories[0], stories[1]);
  EXPECT_NE(stories[0], "") << "nothing has happened";
}

std::vector<Suite> Suites() {
  std::vector<Suite> all;
  for (const bool server : {true, false}) {
    all.push_back({server ? "Tls13Server" : "Tls13Client", TlsVersion::k13, nullptr, server});
    all.push_back({server ? "Gcm12Server" : "Gcm12Client", TlsVersion::k12, "ECDHE-ECDSA-AES128-GCM-SHA256", server});
    all.push_back(
        {server ? "ChaCha12Server" : "ChaCha12Client", TlsVersion::k12, "ECDHE-ECDSA-CHACHA20-POLY1305", server});
    all.push_back({server ? "Cbc12Server" : "Cbc12Client", TlsVersion::k12, "ECDHE-ECDSA-AES128-SHA", server});
  }
  return all;
}

}  // namespace starlock::tls
