#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "base/tls_mode.h"
#include "protocol/text/lines.h"
#include "support/dialogue_driver.h"

namespace starlock::test {

/// Watches an SMTP or LMTP dialogue, and demands after every step what must hold whatever the peers send.
class SmtpWatch {
 public:
  /// `host`: the name that the dialogue goes by. The driver must have been opened.
  SmtpWatch(DialogueDriver& driver, std::string_view protocol, std::string_view host, TlsMode client, TlsMode server)
      : driver_(driver),
        our_hello_((protocol == "lmtp" ? "LHLO " : "EHLO ") + std::string(host) + "\r\n"),
        client_(client),
        server_(server) {}

  /// Does something to the driver, and looks at what came of it.
  template <typename Do>
  void Step(const Do& act) {
    const ActKind before = driver_.act();
    const size_t used = driver_.used(Side::kClient).size();
    act(driver_);
    if (driver_.act() != before && driver_.act() == ActKind::kTlsClient) ClientTlsBegins(used);
    if (driver_.act() != before && driver_.act() == ActKind::kTlsServer) ServerTlsBegins();
    if (before == ActKind::kTlsServer && driver_.tls_up(Side::kServer)) ServerTlsIsUp();
    if (driver_.act() != ActKind::kRelay) DemandNothingSmuggled();
    if (driver_.act() == ActKind::kFail) DemandAReason();
    if (Upgrades(server_) && !driver_.tls_up(Side::kServer) && driver_.notes().empty()) DemandSilence();
    if (client_ == TlsMode::kRequired && !driver_.tls_up(Side::kClient)) {
      Demand(driver_.act() != ActKind::kRelay && WithoutOurs().empty(),
             "nothing of the client's crosses before its TLS");
    }
    if (server_ == TlsMode::kRequired && !driver_.tls_up(Side::kServer)) {
      Demand(driver_.act() != ActKind::kRelay && WithoutOurs().empty(),
             "nothing of the client's crosses before the server's TLS");
    }
  }

  int client_tls() const { return client_tls_; }
  int server_tls() const { return server_tls_; }

 private:
  static bool Upgrades(TlsMode mode) { return mode == TlsMode::kOpportunistic || mode == TlsMode::kRequired; }

  static bool EndsWith(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
  }

  // C1: STARTTLS is the last line that was used. What lies behind it is TLS's alone.
  void ClientTlsBegins(size_t used) {
    ++client_tls_;
    std::string line = driver_.used(Side::kClient).substr(used);
    Demand(EndsWith(line, "\r\n"), "a whole line leads to TLS");
    line.resize(line.size() - 2);
    line.erase(0, line.rfind('\n') + 1);
    line.erase(std::remove_if(line.begin(), line.end(), [](char c) { return c >= 0 && c <= ' '; }), line.end());
    std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return std::toupper(c); });
    Demand(line == "STARTTLS", "only STARTTLS leads to TLS");
    Demand(EndsWith(driver_.said(Side::kClient), "220 2.0.0 Ready to start TLS\r\n"), "the go-ahead is our last word");
    Demand(driver_.dialogue().waiting_for() == Blame::kClient, "the client's handshake is the client's to finish");
  }

  void ServerTlsBegins() {
    ++server_tls_;
    Demand(driver_.said(Side::kClient).empty(), "the client hears nothing before the server's TLS");
    Demand(EndsWith(driver_.said(Side::kServer), our_hello_ + "STARTTLS\r\n"), "STARTTLS is our last word");
  }

  // R: of the server's plaintext only the greeting is shown.
  void ServerTlsIsUp() const {
    const std::string& from_server = driver_.used(Side::kServer);
    protocol::Scan scan;
    const size_t greeting = protocol::CutSmtpReply(from_server, scan).size;
    const std::string& heard = driver_.said(Side::kClient);
    Demand(heard.compare(0, greeting, from_server, 0, greeting) == 0, "the greeting is shown as it was");
    const bool eager = !driver_.used(Side::kClient).empty();  // it has asked us something in the same step
    Demand(eager || heard.size() == greeting || driver_.act() == ActKind::kFail,
           "and nothing else that came before TLS");
  }

  /// What the server was sent, without the negotiation's own words.
  std::string WithoutOurs() const {
    std::string said = driver_.said(Side::kServer);
    if (!Upgrades(server_)) return said;
    for (const std::string& ours : {our_hello_, std::string("STARTTLS\r\n")}) {
      if (said.compare(0, ours.size(), ours) != 0) break;
      said.erase(0, ours.size());
    }
    return said;
  }

  // Each line that crosses is one that was used, in its order.
  void DemandNothingSmuggled() const {
    const std::string said = WithoutOurs();
    const std::string& used = driver_.used(Side::kClient);
    size_t at = 0;
    for (size_t begin = 0; begin < said.size();) {
      const size_t end = std::min(said.find('\n', begin), said.size() - 1) + 1;
      const size_t found = used.find(said.substr(begin, end - begin), at);
      Demand(found != std::string::npos, "only lines of the client's cross, in their order");
      at = found + (end - begin);
      begin = end;
    }
  }

  // A session that has not begun for the client: it hears one line at most, in our words.
  void DemandSilence() const {
    const std::string& heard = driver_.said(Side::kClient);
    if (heard.empty()) return;
    Demand(heard.compare(0, 6, "421 4.") == 0 || heard.compare(0, 6, "500 5.") == 0,
           "a goodbye is all there is to hear");
    Demand(heard.find('\n') == heard.size() - 1, "a goodbye is one line");
  }

  void DemandAReason() const {
    Demand(driver_.failure().end != End::kInternal, "nothing is our own failure");
    Demand(*driver_.failure().why != '\0', "every failure has a reason");
  }

  DialogueDriver& driver_;
  const std::string our_hello_;
  const TlsMode client_;
  const TlsMode server_;
  int client_tls_ = 0;
  int server_tls_ = 0;
};

}  // namespace starlock::test
