#include "support/proxy_harness.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "tls/identity.h"
#include "tls/ticket_keys.h"
#include "tls/trust_store.h"

namespace starlock::test {
namespace {

using std::chrono::milliseconds;

[[maybe_unused]] const auto kIgnored = std::signal(SIGPIPE, SIG_IGN);

bool Ready(int fd, short events, milliseconds patience) {
  pollfd waiting{fd, events, 0};
  return poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
}

// A blocking call of the test's own that hangs would hang the test.
void SetPatience(int fd) {
  const timeval patience{kPatience.count(), 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

bssl::UniquePtr<BIO> Bio(const std::string& pem) {
  return bssl::UniquePtr<BIO>(BIO_new_mem_buf(pem.data(), static_cast<ossl_ssize_t>(pem.size())));
}

bool UsePem(SSL_CTX* context, const pki::PemPair& pem) {
  const bssl::UniquePtr<X509> leaf(PEM_read_bio_X509(Bio(pem.chain).get(), nullptr, nullptr, nullptr));
  const bssl::UniquePtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(Bio(pem.key).get(), nullptr, nullptr, nullptr));
  return SSL_CTX_use_certificate(context, leaf.get()) == 1 && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

const Pki& Pki::Get() {
  static const Pki* const made = [] {
    auto* pki = new Pki;
    pki->ca = std::move(pki::ThrowawayCa::Create("Test authority")).value();
    pki->stranger = std::move(pki::ThrowawayCa::Create("Stranger")).value();
    const pki::ThrowawayCa::Request request{.names = {"localhost", "127.0.0.1"}};
    pki->good = std::move(pki->ca->Issue(request)).value();
    pki->unknown = std::move(pki->stranger->Issue(request)).value();
    const TemporaryFile file(pki->ca->certificate());
    pki->trust = std::move(tls::TrustStore::Load(file.path())).value();
    return pki;
  }();
  return *made;
}

TemporaryFile::TemporaryFile(std::string_view content) : path_(testing::TempDir() + "starlock-XXXXXX") {
  const net::Descriptor file(mkstemp(path_.data()));
  EXPECT_EQ(write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
}

TemporaryFile::~TemporaryFile() { unlink(path_.c_str()); }

// --- The log.

namespace {

int MakePipe(int (&ends)[2]) {
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);  // many sessions may end before a test reads
  return ends[1];
}

}  // namespace

RecordedLog::RecordedLog(LogFormat format)
    : ends_{-1, -1}, logger_(std::in_place, LogLevel::kDebug, format, MakePipe(ends_)) {}

RecordedLog::~RecordedLog() {
  logger_.reset();
  close(ends_[0]);
  close(ends_[1]);
}

std::string RecordedLog::Line(milliseconds patience) {
  size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    std::array<char, 65536> block;
    if (!Ready(ends_[0], POLLIN, patience)) return {};
    const ssize_t n = read(ends_[0], block.data(), block.size());
    if (n <= 0) return {};
    unread_.append(block.data(), static_cast<size_t>(n));
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

nlohmann::json RecordedLog::Record(milliseconds patience) {
  while (true) {
    const std::string line = Line(patience);
    if (line.empty()) return {};
    auto event = nlohmann::json::parse(line);
    if (event["event"] == "session") return event;
  }
}

// --- A peer.

std::ostream& operator<<(std::ostream& out, Ending ending) {
  static constexpr const char* kNames[] = {"open", "FIN", "RST", "close_notify", "truncated", "broken", "silence"};
  return out << kNames[static_cast<size_t>(ending)];
}

Peer::Peer(net::Descriptor socket) : socket_(std::move(socket)) {
  if (socket_) SetPatience(socket_.get());
}

bool Peer::StartTls(const PeerTls& tls) {
  context_.reset(SSL_CTX_new(TLS_method()));
  if (tls.server) {
    EXPECT_TRUE(UsePem(context_.get(), tls.pem != nullptr ? *tls.pem : Pki::Get().good));
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd());
  if (!tls.server && !tls.name.empty()) SSL_set_tlsext_host_name(ssl_.get(), tls.name.c_str());
  if (!tls.alpn.empty()) {
    std::string list(1, static_cast<char>(tls.alpn.size()));
    list += tls.alpn;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const uint8_t*>(list.data()), list.size());
  }
  const bool up = (tls.server ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get())) == 1;
  ERR_clear_error();
  if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)) server_name_ = name;
  return up;
}

std::string Peer::alpn() const {
  const uint8_t* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

bool Peer::Send(std::string_view bytes) {
  if (!ssl_) return SendRaw(bytes);
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, 16384);
    const int n = SSL_write(ssl_.get(), part.data(), static_cast<int>(part.size()));
    ERR_clear_error();
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool Peer::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// Reads once. False: the input has ended, or (where `once`) there is nothing now.
bool Peer::Fill(bool once) {
  if (ending_ != Ending::kOpen) return false;
  std::array<char, 65536> block;
  errno = 0;
  const ssize_t n = ssl_ ? SSL_read(ssl_.get(), block.data(), block.size()) : recv(fd(), block.data(), block.size(), 0);
  const int number = errno;
  if (n > 0) {
    unread_.append(block.data(), static_cast<size_t>(n));
    return true;
  }
  const int status = ssl_ ? SSL_get_error(ssl_.get(), static_cast<int>(n)) : SSL_ERROR_SYSCALL;
  ERR_clear_error();
  if (number == ECONNRESET || number == EPIPE) {
    ending_ = Ending::kReset;
  } else if (number == EAGAIN || status == SSL_ERROR_WANT_READ) {
    if (!once) ending_ = Ending::kSilence;
  } else if (!ssl_) {
    ending_ = Ending::kFin;
  } else if (status == SSL_ERROR_ZERO_RETURN) {
    ending_ = Ending::kCloseNotify;
  } else {
    ending_ = status == SSL_ERROR_SYSCALL ? Ending::kTruncated : Ending::kBroken;
  }
  return false;
}

std::string Peer::Receive(size_t size) {
  while (unread_.size() < size && Fill()) {
  }
  std::string bytes = unread_.substr(0, size);
  unread_.erase(0, bytes.size());
  return bytes;
}

std::string Peer::Line() {
  while (unread_.find('\n') == std::string::npos && Fill()) {
  }
  const size_t end = unread_.find('\n');
  return Receive(end == std::string::npos ? unread_.size() : end + 1);
}

std::string Peer::Now() {
  while (Fill(true)) {
  }
  return std::exchange(unread_, {});
}

std::string Peer::Rest() {
  while (Fill()) {
  }
  return std::exchange(unread_, {});
}

void Peer::Notify() {
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void Peer::Shut() { shutdown(fd(), SHUT_WR); }

void Peer::Finish() {
  if (ssl_) Notify();
  Shut();
}

void Peer::Reset() {
  const linger at_once{1, 0};
  EXPECT_EQ(setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
  Close();
}

// --- The world around it.

Upstream::Upstream(int backlog) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto any = net::SocketAddress::FromLiteral("127.0.0.1", 0).value();
  EXPECT_EQ(bind(socket_.get(), any.get(), any.size()), 0);
  EXPECT_EQ(listen(socket_.get(), backlog), 0);
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  EXPECT_EQ(getsockname(socket_.get(), address, &size), 0);
  address_ = net::SocketAddress(address, size);
}

Peer Upstream::Accept(milliseconds patience) const {
  if (!Ready(socket_.get(), POLLIN, patience)) return {};
  return Peer(net::Descriptor(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

Peer ConnectTo(const HostPort& to, int receive_buffer) {
  const auto address = net::SocketAddress::FromLiteral(to.host, to.port).value();
  net::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) {
    EXPECT_EQ(setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)), 0);
  }
  EXPECT_EQ(connect(socket.get(), address.get(), address.size()), 0) << strerror(errno);
  return Peer(std::move(socket));
}

std::ostream& operator<<(std::ostream& out, const Setting& setting) {
  return out << setting.protocol << " " << ToString(setting.client) << " " << ToString(setting.server);
}

config::Config MakeConfig(const Setting& setting, const HostPort& upstream) {
  config::Listener listener;
  listener.name = "front";
  listener.listen = {{"127.0.0.1", 0}};
  listener.protocol = setting.protocol;
  listener.client.mode = setting.client;
  listener.client.certificates = {"good"};
  listener.server.mode = setting.server;
  listener.server.address = setting.address.empty() ? std::vector{upstream} : setting.address;
  listener.server.verify = setting.verify;
  listener.server.server_name = setting.server_name;
  listener.server.pins = setting.pins;
  listener.server.ca = config::File{"test-authority", {}};
  listener.at = {"test.yaml", 7, 5};
  config::Config config;
  config.workers = setting.workers;
  config.limits = setting.limits;
  config.listeners = {listener};
  return config;
}

Credentials MakeCredentials() {
  const Pki& pki = Pki::Get();
  Credentials credentials;
  credentials.identities["good"] = std::move(tls::Identity::FromPem(pki.good.chain, pki.good.key)).value();
  credentials.trust["test-authority"] = pki.trust;
  credentials.tickets = tls::TicketKeys::Generate();
  return credentials;
}

Rig::Rig(const Setting& setting) {
  auto made = Server::Create(MakeConfig(setting, upstream.address()), MakeCredentials(), log.logger());
  EXPECT_TRUE(made.ok()) << made.error().detail;
  server = std::move(made).value();
  const Error error = server->Listen();
  EXPECT_FALSE(error) << error.detail;
  server->Start([this] { ++done_; });
}

Rig::~Rig() {
  server->Stop();
  server->Join();
  EXPECT_EQ(done_, 1);
  while (recorded_ < dialled_ && !log.Record(milliseconds(0)).is_null()) ++recorded_;
  EXPECT_EQ(recorded_, dialled_) << "one record a session";
  EXPECT_TRUE(log.Record(milliseconds(0)).is_null()) << "one record a session";
}

Peer Rig::Dial(int receive_buffer) {
  ++dialled_;
  return ConnectTo(address(), receive_buffer);
}

nlohmann::json Rig::Record() {
  auto record = log.Record();
  EXPECT_FALSE(record.is_null()) << "no session ended";
  ++recorded_;
  return record;
}

std::string Rig::Verdict() {
  const auto record = Record();
  return record.is_null() ? "" : record["end"].get<std::string>() + "/" + record["blame"].get<std::string>();
}

void Rig::Join() {
  server->Join();
  EXPECT_EQ(done_, 1);
}

HostPort Rig::address() const { return HostPort::Parse(server->addresses().front().address).value(); }

Ends::Ends(Rig& rig, const Setting& setting, int client_buffer) : client(rig.Dial(client_buffer)) {
  if (setting.client == TlsMode::kImplicit) {
    EXPECT_TRUE(client.StartTls({}));
  }
  server = rig.Accept();
  EXPECT_TRUE(server.open());
  if (setting.server == TlsMode::kImplicit) {
    EXPECT_TRUE(server.StartTls({.server = true}));
  }
}

std::vector<Setting> TcpPairs() {
  std::vector<Setting> pairs;
  for (const TlsMode client : {TlsMode::kOff, TlsMode::kImplicit}) {
    for (const TlsMode server : {TlsMode::kOff, TlsMode::kImplicit}) {
      pairs.push_back({.protocol = "tcp", .client = client, .server = server});
    }
  }
  return pairs;
}

std::string PairName(const testing::TestParamInfo<Setting>& info) {
  return std::string(ToString(info.param.client)) + "_" + std::string(ToString(info.param.server));
}

}  // namespace starlock::test
