#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "log/log.h"
#include "net/descriptor.h"
#include "net/socket_address.h"
#include "pki/throwaway_ca.h"
#include "proxy/credentials.h"
#include "proxy/server.h"

namespace starlock::test {

using proxy::Credentials;
using proxy::Server;

/// No wait of a test's own is longer; one that is, fails the test.
inline constexpr std::chrono::seconds kPatience{20};

/// `size` bytes that repeat only after 2^32 of them.
std::string Pattern(size_t size);

/// An authority, a certificate for `localhost` and 127.0.0.1 that it signed, and one of an authority that nobody
/// trusts. Made once a process.
struct Pki {
  static const Pki& Get();

  std::unique_ptr<pki::ThrowawayCa> ca, stranger;
  pki::PemPair good, unknown;
  std::shared_ptr<const tls::TrustStore> trust;
};

/// A file with that content, gone with its object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A log whose lines a test reads.
class RecordedLog {
 public:
  explicit RecordedLog(LogFormat format = LogFormat::kJson);
  ~RecordedLog();
  RecordedLog(const RecordedLog&) = delete;
  RecordedLog& operator=(const RecordedLog&) = delete;

  Logger& logger() { return *logger_; }
  /// The next line, or "" where none comes within `patience`.
  std::string Line(std::chrono::milliseconds patience = kPatience);
  /// The next session's record. Other events are passed over.
  nlohmann::json Record(std::chrono::milliseconds patience = kPatience);

 private:
  int ends_[2];
  std::optional<Logger> logger_;
  std::string unread_;
};

/// How a peer's input ended.
enum class Ending : uint8_t {
  kOpen,         ///< it has not
  kFin,          ///< on a plain connection
  kReset,        ///< under TLS as well
  kCloseNotify,  ///< and whatever was behind it
  kTruncated,    ///< FIN under TLS, without close_notify
  kBroken,       ///< a TLS error
  kSilence,      ///< it did not end within the patience
};
std::ostream& operator<<(std::ostream& out, Ending ending);

/// What a peer brings to a handshake.
struct PeerTls {
  bool server = false;
  std::string name = "localhost";     ///< client role: SNI; empty: none
  const pki::PemPair* pem = nullptr;  ///< server role; nullptr: the good one
  std::string alpn = {};              ///< client role: the one protocol offered; empty: none
};

/// A client or server of the test's own: a blocking socket, with TLS on it or not.
class Peer {
 public:
  Peer() = default;
  explicit Peer(net::Descriptor socket);

  int fd() const { return socket_.get(); }
  bool open() const { return static_cast<bool>(socket_); }
  bool in_tls() const { return ssl_ != nullptr; }
  SSL* ssl() const { return ssl_.get(); }

  /// A blocking handshake. False: it failed.
  bool StartTls(const PeerTls& tls);
  const std::string& server_name() const { return server_name_; }  ///< server role: the SNI that came
  std::string alpn() const;                                        ///< what was agreed on

  /// False: the connection is no longer there.
  bool Send(std::string_view bytes);
  /// The same beneath TLS.
  bool SendRaw(std::string_view bytes);
  /// Reads until it has `size` bytes, or the input has ended.
  std::string Receive(size_t size);
  /// A line with its line end, or what came before the input ended.
  std::string Line();
  /// What is there to be read now, where the socket has been made non-blocking.
  std::string Now();
  /// All that comes until the input ends.
  std::string Rest();
  Ending ending() const { return ending_; }
  /// Rest, when what came is of no interest.
  Ending End() {
    Rest();
    return ending_;
  }

  void Notify();  ///< close_notify
  void Shut();    ///< FIN
  /// The proper end of what it sends: close_notify where in TLS, then FIN.
  void Finish();
  void Close() { socket_.Close(); }
  void Reset();

 private:
  bool Fill(bool once = false);

  net::Descriptor socket_;
  bssl::UniquePtr<SSL_CTX> context_;
  bssl::UniquePtr<SSL> ssl_;
  std::string unread_;
  std::string server_name_;
  Ending ending_ = Ending::kOpen;
};

/// A listening socket on 127.0.0.1.
class Upstream {
 public:
  explicit Upstream(int backlog = 64);
  /// The next connection, closed where none comes within `patience`.
  Peer Accept(std::chrono::milliseconds patience = kPatience) const;
  HostPort address() const { return {"127.0.0.1", address_.port()}; }

 private:
  net::Descriptor socket_;
  net::SocketAddress address_;
};

/// A blocking connection. `receive_buffer`: SO_RCVBUF, 0: the kernel's.
Peer ConnectTo(const HostPort& to, int receive_buffer = 0);

/// What a rig's only listener does.
struct Setting {
  std::string protocol = "smtp";
  TlsMode client = TlsMode::kOff;
  TlsMode server = TlsMode::kOff;
  config::Limits limits{.max_connections = 1000,
                        .connect_timeout = kPatience,
                        .negotiation_timeout = kPatience,
                        .idle_timeout = kPatience,
                        .drain_timeout = kPatience};
  uint32_t workers = 1;
  std::optional<Verify> verify = {};
  std::optional<std::string> server_name = {};
  std::vector<SpkiPin> pins = {};
  std::vector<HostPort> address = {};  ///< empty: the rig's upstream
};

std::ostream& operator<<(std::ostream& out, const Setting& setting);

config::Config MakeConfig(const Setting& setting, const HostPort& upstream);
Credentials MakeCredentials();

/// A whole proxy on its own threads, before an upstream of the test's. When it goes, the proxy is stopped, and there
/// must have been one record for each client.
class Rig {
 public:
  explicit Rig(const Setting& setting);
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  Peer Dial(int receive_buffer = 0);
  Peer Accept(std::chrono::milliseconds patience = kPatience) const { return upstream.Accept(patience); }
  nlohmann::json Record();
  /// The next record's `end/blame`.
  std::string Verdict();
  /// Waits until the proxy has ended by itself.
  void Join();
  bool done() const { return done_ > 0; }
  HostPort address() const;

  Upstream upstream;
  RecordedLog log;
  std::unique_ptr<Server> server;

 private:
  std::atomic<int> done_{0};
  int dialled_ = 0;
  int recorded_ = 0;
};

/// Both ends of a relayed session, in whatever TLS the modes ask for. For `tcp`, and for `smtp` where all modes are off
/// or implicit.
struct Ends {
  explicit Ends(Rig& rig, const Setting& setting, int client_buffer = 0);
  Peer client, server;
};

/// The four pairs that tcp knows.
std::vector<Setting> TcpPairs();
std::string PairName(const testing::TestParamInfo<Setting>& info);

inline constexpr std::string_view kGreeting = "220 old.example.net ESMTP\r\n";

}  // namespace starlock::test
