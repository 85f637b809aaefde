#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "demo/part.h"
#include "driver/channel.h"
#include "driver/loop.h"
#include "driver/raw.h"
#include "driver/tls.h"

namespace starlock::bench {

/// What one listener of ours has seen.
struct Seen {
  uint64_t sessions = 0;    ///< accepted
  uint64_t handshakes = 0;  ///< done, in either way
  uint64_t resumed = 0;
  uint64_t failed = 0;  ///< handshakes that were not done, wrong bytes
  std::string agreed;   ///< in the last handshake
};

/// One listener of ours: NAME=PROTOCOL[:starttls|:implicit][:TLS options]. PROTOCOL: raw, smtp, imap, pop3, ldap,
/// postgres, or auth: the HTTP service that tells nginx where the listener PROTOCOL_plain is.
struct Service {
  std::string name;
  std::string protocol;
  std::string mode;
  demo::PartSettings settings;  ///< of its parts, where it has them
  bssl::UniquePtr<SSL_CTX> context;
  int listener = -1;
  uint16_t port = 0;
  Seen seen;
};

/// All servers behind the proxies, in one process and on one thread.
class Backend {
 public:
  Backend(Loop& loop, std::string chain, std::string key);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  void Add(std::string_view text);
  /// Whoever asks is answered from now on: {name: port}, as JSON.
  std::string Start();
  /// What each listener has seen since it was last asked, as JSON.
  std::string TakeSeen();

 private:
  class Acceptor;
  class Connection;
  class RawConnection;
  class PartConnection;
  class AuthConnection;

  Loop& loop_;
  std::string chain_;
  std::string key_;
  Blocks blocks_;
  raw::Pattern pattern_;
  std::map<std::string, std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
};

}  // namespace starlock::bench
