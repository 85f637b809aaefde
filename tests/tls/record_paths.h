#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness.h"
#include "tls/client_context_impl.h"
#include "tls/record_layer.h"
#include "tls/server_context_impl.h"

namespace starlock::tls {

/// The version and cipher of a connection, and the side under test.
struct Suite {
  const char* name;
  TlsVersion version;
  const char* cipher;  ///< for TLS 1.2; nullptr: the library's choice
  bool server;         ///< the side under test
  friend std::ostream& operator<<(std::ostream& out, const Suite& suite) { return out << suite.name; }
};

/// A record layer under test on one of the two paths, and a peer on the public path that can send anything.
class Duel {
 public:
  Duel(const Suite& suite, RecordLayer::Path path);

  /// Seals a record of any type and content as the peer, regardless of the peer's state.
  void Inject(uint8_t type, std::string_view body);
  /// Lets the peer seal application data.
  void Say(std::string_view text);
  /// Puts the peer's KeyUpdate on the wire.
  void UpdateKey(int request);
  /// Writes what the peer's library has left to write.
  void Flush();
  void EndPeer();
  /// The peer's undelivered records, which tests may change.
  std::string& wire() { return wire_; }

  /// Feeds the wire to the side under test in pieces of the sizes in `cut`, and opens after each.
  void Deliver(const std::function<size_t()>& cut);
  void DeliverWhole();
  /// Lets the side under test seal `plain`, and the peer open it.
  void Answer(buffer::Chain plain);
  /// Lets the peer open what the side under test has written unasked.
  void TakeAnswer();
  void EndTested();
  /// The next record's sequence number: of the side under test when reading, of the peer when writing.
  void SetSequence(uint64_t number);
  /// The same for the opposite direction.
  void SetAnswerSequence(uint64_t number);

  /// A transcript of everything observed: opened data (as digests), results of calls, alerts, sizes of replies.
  std::string story;

  bool failed() const { return failed_; }
  RecordLayer& tested() { return *tested_; }
  RecordLayer& peer() { return *peer_; }
  static SSL* Raw(RecordLayer& layer) { return const_cast<SSL*>(layer.ssl()); }

  buffer::SlabPool pool{16 * (16384 + 128), 4};

 private:
  void Shake();
  void Tell(std::string_view who, RecordLayer::Status status, const buffer::Chain& plain);

  VerifyOutcome outcome_;
  std::unique_ptr<ServerContext> server_context_;
  std::unique_ptr<ClientContext> client_context_;
  std::unique_ptr<RecordLayer> tested_, peer_;
  std::string wire_;
  bool failed_ = false;
  bool peer_failed_ = false;
};

/// Runs `scene` on both paths and compares the transcripts. The scene must be deterministic.
void PlayBoth(const Suite& suite, const std::function<void(Duel&)>& scene);

std::vector<Suite> Suites();

}  // namespace starlock::tls
