#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Both ends of whole sessions, as a plain client and a plain server hold them: smtp, imap, pop3, ldap, postgres, and
/// raw (one small exchange).
namespace starlock::bench {

/// How a client knows that an answer is whole.
enum class Until : uint8_t {
  kLine,    ///< a line
  kReply,   ///< SMTP: a line whose fourth character is no dash
  kTagged,  ///< IMAP: a line that begins with what the step's command began with, up to the blank
  kDot,     ///< POP3: a line that is a single dot
  kBer,     ///< LDAP: the message whose operation is the step's `operation`
  kReady,   ///< PostgreSQL: ReadyForQuery
  kBytes,   ///< as many bytes as `expect` has
  kEnd,     ///< the server's end
};

/// One thing that a client says and what it must hear.
struct Step {
  std::string say;  ///< may be empty
  Until until = Until::kLine;
  std::string expect;     ///< what must be in the answer (at its beginning for kLine, kReply, kDot, kBytes)
  bool upgrade = false;   ///< TLS begins after the answer
  uint8_t operation = 0;  ///< of kBer
};

/// A whole session; empty where the protocol is not known. `starttls`: the client upgrades; else it never does, and the
/// steps insist that STARTTLS is not offered where the protocol lists it.
std::vector<Step> ClientScript(std::string_view protocol, bool starttls);

/// Whether `in` holds the whole answer to `step`; sets `good` to whether it is the right one.
bool Whole(const Step& step, std::string_view in, bool& good);

/// A server's answer to one unit.
struct Answer {
  std::string say;
  bool upgrade = false;  ///< TLS begins behind it
  bool end = false;      ///< the session is over
};

class ServerScript {
 public:
  virtual ~ServerScript() = default;
  virtual std::string Greeting() { return {}; }
  /// How many bytes the next unit has; 0: it is not whole yet.
  virtual size_t Cut(std::string_view in) = 0;
  virtual Answer On(std::string_view unit) = 0;
  void set_secure() { secure_ = true; }

 protected:
  /// `starttls`: nothing counts before the upgrade; else the server knows no TLS.
  explicit ServerScript(bool starttls) : starttls_(starttls) {}
  bool offers() const { return starttls_ && !secure_; }

 private:
  bool starttls_;
  bool secure_ = false;
};

/// Null where the protocol is not known.
std::unique_ptr<ServerScript> MakeServerScript(std::string_view protocol, bool starttls);

/// LDAP's messages and PostgreSQL's, which both ends make.
std::string Ber(uint8_t tag, std::string_view content);
std::string LdapMessage(uint8_t id, uint8_t operation, std::string_view content);
std::string LdapResult(uint8_t id, uint8_t operation);
std::string Postgres(std::string_view type, std::string_view content);

/// The text of a mail, 2 KB; a body in the style of SMTP and POP3.
const std::string& Letter();

}  // namespace starlock::bench
