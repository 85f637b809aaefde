#pragma once

#include <memory>
#include <optional>

#include "protocol/core/data.h"
#include "session/data_connection.h"

namespace starlock::session {

/// Receives the events of a session's data connections. Called from the loop.
class DataConnectionsOwner {
 public:
  virtual ~DataConnectionsOwner() = default;
  /// The answer to a request, valid during the call. nullopt: a data connection ended, which answers no request.
  virtual void OnDataEvent(const std::optional<protocol::DataEvent>& event) = 0;
  /// See RelayOwner::OnMoved.
  virtual void OnMoved(Side from, size_t bytes) = 0;
  /// A warning for the log. Called at most once per text.
  virtual void OnNote(const char* text) = 0;
};

/// The data connections of one control connection, as its dialogue requests them. One is current. The previous one may
/// still deliver its bytes if its transfer had begun; an older one is dropped.
class DataConnections final : private DataOwner {
 public:
  /// `client` and `local`: the two ends of the control connection with the client.
  DataConnections(DataConnectionsOwner& owner, net::Loop& loop, net::Resolver& resolver, const Route& route,
                  const net::SocketAddress& client, const net::SocketAddress& local);
  ~DataConnections() override = default;

  /// A new control connection with `side` begins: data connections resume only its TLS sessions.
  void BeginFamily(Side side) { ends_.families[protocol::Index(side)] = std::make_shared<tls::SessionFamily>(); }
  const std::shared_ptr<tls::SessionFamily>& family(Side side) const { return ends_.families[protocol::Index(side)]; }
  /// `target`, `server`: where the control connection with the server leads.
  void Handle(const protocol::DataRequest& request, size_t target, const net::SocketAddress& server);
  /// A transfer has begun and is not over.
  bool InTransfer() const { return (current_ && current_->begun()) || finishing_; }
  /// The sum of DataConnection::undelivered.
  size_t undelivered() const;
  /// Drops all data connections and frees their listening ports at once.
  void Close();

 private:
  void OnDataReady(DataConnection& data, uint16_t port) override;
  void OnDataEnded(DataConnection& data, bool broken) override;
  void OnDataBroken(DataConnection& data) override;
  void OnDataStranger(DataConnection& data) override;
  void OnDataMoved(Side from, size_t bytes) override { owner_.OnMoved(from, bytes); }

  void Open(const protocol::DataRequest& request);

  DataConnectionsOwner& owner_;
  net::Loop& loop_;
  net::Resolver& resolver_;
  DataEnds ends_;  ///< of the next data connection
  std::unique_ptr<DataConnection> current_;
  std::unique_ptr<DataConnection> finishing_;
  bool noted_ = false;  ///< OnNote was called
};

}  // namespace starlock::session
