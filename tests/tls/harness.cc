#include "harness.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace starlock::tls {

void Owner::Attach(std::unique_ptr<TlsStream> made) { stream = std::move(made); }

void Owner::OnHandshake(const TlsInfo& agreed) {
  EXPECT_FALSE(info.has_value()) << "OnHandshake twice";
  EXPECT_FALSE(closed.has_value());
  info = agreed;
  if (read_at_once) stream->SetReading(true);
  if (on_handshake) on_handshake();
}

void Owner::OnData(buffer::Chain& in) {
  EXPECT_TRUE(info.has_value()) << "OnData before OnHandshake";
  EXPECT_FALSE(end.has_value()) << "OnData behind OnEnd";
  EXPECT_FALSE(closed.has_value());
  EXPECT_FALSE(in.empty());
  ++data_calls;
  if (leave) {
    stream->SetReading(false);
    return;
  }
  if (on_data) on_data();
  received += in.ToString();
  in.Clear();
}

void Owner::OnEnd(buffer::StreamEnd how) {
  EXPECT_FALSE(end.has_value()) << "OnEnd twice";
  EXPECT_FALSE(closed.has_value());
  end = how;
  if (on_end) on_end();
}

void Owner::OnClosed(const Error& error) {
  EXPECT_FALSE(closed.has_value()) << "OnClosed twice";
  closed = error;
}

void Owner::Send(std::string_view bytes) {
  buffer::Chain chain;
  chain.Copy(*pool, bytes);
  accepts = stream->Write(std::move(chain));
}

World& World::Get() {
  static World world;
  return world;
}

World::World() {
  ca = std::move(ThrowawayCa::Create("Test authority")).value();
  stranger = std::move(ThrowawayCa::Create("Stranger")).value();
  const std::vector<std::string> names = {"mail.example.org", "192.0.2.1"};
  ecdsa = Make({.names = names});
  rsa = Make({.names = names, .key_type = ThrowawayCa::KeyType::kRsa2048});
  trust = Trust(ca->certificate());
}

std::shared_ptr<const Identity> World::Make(const ThrowawayCa::Request& request) const {
  const PemPair pem = std::move(ca->Issue(request)).value();
  return std::move(Identity::FromPem(pem.chain, pem.key)).value();
}

std::shared_ptr<const TrustStore> World::Trust(const std::string& pem) const {
  std::string path = testing::TempDir() + "starlock-trust-XXXXXX";
  const int fd = mkstemp(path.data());
  EXPECT_GE(fd, 0);
  EXPECT_EQ(write(fd, pem.data(), pem.size()), static_cast<ssize_t>(pem.size()));
  close(fd);
  auto store = TrustStore::Load(path);
  std::remove(path.c_str());
  return std::move(store).value();
}

ServerSettings World::Server() const {
  ServerSettings settings;
  settings.identities = {ecdsa};
  settings.tickets = TicketKeys::Generate();
  return settings;
}

ClientSettings World::Client() const {
  ClientSettings settings;
  settings.server_name = "mail.example.org";
  settings.trust = trust;
  return settings;
}

Link::Link(ServerContext& server_context, ClientContext& client_context, const test::PairOptions& options,
           std::shared_ptr<SessionFamily> family, std::shared_ptr<SessionFamily> server_family)
    : pair(loop, options) {
  client.pool = server.pool = &loop.pool();
  server.Attach(
      TlsStream::Accept(server_context, loop.pool(), loop, std::move(pair.b), {}, &server, std::move(server_family)));
  client.Attach(TlsStream::Connect(client_context, loop.pool(), loop, std::move(pair.a), &client, std::move(family)));
}

Link::~Link() = default;

std::unique_ptr<ServerContext> MakeServer(const ServerSettings& settings) {
  auto context = ServerContext::Create(settings);
  EXPECT_TRUE(context.ok()) << context.error().detail;
  return std::move(context).value();
}

std::unique_ptr<ClientContext> MakeClient(const ClientSettings& settings) {
  auto context = ClientContext::Create(settings);
  EXPECT_TRUE(context.ok()) << context.error().detail;
  return std::move(context).value();
}

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 131 + i / 251) & 0xff);
  return bytes;
}

}  // namespace starlock::tls
