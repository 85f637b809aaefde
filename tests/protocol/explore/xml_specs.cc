#include <fmt/format.h>

#include "protocol/xmpp/words.h"
#include "spec.h"

namespace starlock::test::explore {
namespace {

std::string S(int n) { return Token('s', n); }
std::string C(int n) { return Token('c', n); }

constexpr std::string_view kTls = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr std::string_view kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";

template <bool kServer>
std::string Header(std::string_view attributes) {
  return fmt::format("<stream:stream xmlns='{}' xmlns:stream='http://etherx.jabber.org/streams' {} version='1.0'>",
                     kServer ? "jabber:server" : "jabber:client", attributes);
}

template <bool kServer>
std::string XmppReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kOk:
    case Reply::kOffer: {
      const bool offer = reply == Reply::kOffer;
      if (offer && q.kind != Kind::kHeader) return "";
      if (q.kind == Kind::kHeader) {
        return fmt::format("{}<stream:features><x xmlns='u' a='{}'/>{}</stream:features>",
                           Header<kServer>(fmt::format("id='{}'", S(n))), S(n),
                           offer ? fmt::format("<starttls xmlns='{}'/>", kTls) : "");
      }
      if (q.kind == Kind::kStarttls) return fmt::format("<proceed xmlns='{}' a='{}'/>", kTls, S(n));
      if (q.kind == Kind::kLogin) return fmt::format("<success xmlns='{}'>{}</success>", kSasl, S(n));
      return asked ? fmt::format("<iq type='result' id='{}'><a xmlns='x'/></iq>", S(n)) : "";
    }
    case Reply::kNo:
      if (q.kind == Kind::kHeader) {
        return fmt::format("{}<stream:error><{}/></stream:error>", Header<kServer>(fmt::format("id='{}'", S(n))), S(n));
      }
      if (q.kind == Kind::kStarttls) return fmt::format("<failure xmlns='{}' a='{}'/>", kTls, S(n));
      if (q.kind == Kind::kLogin) return fmt::format("<failure xmlns='{}'><a>{}</a></failure>", kSasl, S(n));
      return asked ? fmt::format("<iq type='error' id='{}'><a xmlns='x'/></iq>", S(n)) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin ? fmt::format("<challenge xmlns='{}'>{}</challenge>", kSasl, S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format("<iq type='result' id='{}'><b xmlns='x'/></iq>", S(n));
    case Reply::kNotice:
      return q.kind == Kind::kHeader ? "" : fmt::format("<message id='{}'/>", S(n));
    case Reply::kBye:
      return q.kind == Kind::kHeader ? "" : "</stream:stream>";
    case Reply::kBad:
      return fmt::format("<!-- {} -->", S(n));
    case Reply::kGreeting:
    case Reply::kNoService:
    case Reply::kPreauth:
      return "";
  }
  return {};
}

template <bool kServer>
Spec Xmpp(std::string_view dialect) {
  Spec spec;
  spec.dialect = dialect;
  spec.client = {
      {"header", Kind::kHeader, [](int n) { return Header<kServer>(fmt::format("to='a.b' from='{}@c'", C(n))); }, true},
      {"stanza", Kind::kStateful,
       [](int n) { return fmt::format("<iq type='get' id='{}'><q xmlns='x'/></iq>", C(n)); }},
      {"login", Kind::kLogin,
       [](int n) { return fmt::format("<auth xmlns='{}' mechanism='PLAIN'>{}</auth>", kSasl, C(n)); }, true},
      {"response", Kind::kResponse,
       [](int n) { return fmt::format("<response xmlns='{}'>{}</response>", kSasl, C(n)); }},
      {"compress", Kind::kStarttlsArgument,
       [](int n) {
         return fmt::format("<compress xmlns='http://jabber.org/protocol/compress'><method>{}</method></compress>",
                            C(n));
       }},
      {"starttls", Kind::kStarttls, [](int) { return fmt::format("<starttls xmlns='{}'/>", kTls); }, true},
      {"end", Kind::kQuit, [](int) { return std::string("</stream:stream>"); }},
      {"not xml", Kind::kStateful, [](int n) { return fmt::format("<!-- {} -->", C(n)); }},
  };
  spec.own = {{std::string(protocol::xmpp::kSayStarttls), Kind::kStarttls}};
  spec.reply = XmppReply<kServer>;
  spec.go_ahead = protocol::xmpp::kSayProceed;
  spec.server_first = false;
  spec.chats = true;
  spec.greeting_survives_server_tls = false;
  spec.dials_anew = true;
  return spec;
}

}  // namespace

std::vector<Spec> XmlSpecs() { return {Xmpp<false>("xmpp"), Xmpp<true>("xmpp-server")}; }

}  // namespace starlock::test::explore
