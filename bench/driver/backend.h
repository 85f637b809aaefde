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

/// What one listener has seen.
struct Seen {
  uint64_t sessions = 0;    ///< accepted
  uint64_t handshakes = 0;  ///< completed, full or resumed
  uint64_t resumed = 0;
  uint64_t failed = 0;  ///< failed handshakes, wrong bytes, unexpected or changed messages
  std::string agreed;   ///< version/cipher/group of the latest handshake
};

/// One listener, described as NAME=PROTOCOL[:starttls|:implicit][:TLS options]. PROTOCOL is raw, smtp, imap, pop3,
/// ldap, postgres or auth. Only raw can be implicit. auth is the HTTP service that tells nginx's mail proxy the port of
/// its upstream: the listener smtp_plain, imap_plain or pop3_plain.
struct Service {
  std::string name;
  std::string protocol;
  std::string mode;
  demo::PartSettings settings;  ///< for server parts; unused by raw and auth
  bssl::UniquePtr<SSL_CTX> context;
  int listener = -1;
  uint16_t port = 0;
  Seen seen;
};

/// All upstream servers of the proxies, in one process and on one thread.
class Backend {
 public:
  Backend(Loop& loop, std::string chain, std::string key);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// Adds a listener (see Service). Ends the program where `text` is wrong.
  void Add(std::string_view text);
  /// Starts to accept. Returns {name: port} as JSON.
  std::string Start();
  /// What each listener has seen since the last call, as JSON.
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
