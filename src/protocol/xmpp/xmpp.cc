#include "protocol/xmpp/xmpp.h"

#include <memory>
#include <utility>

#include "protocol/xmpp/dialogue.h"
#include "protocol/xmpp/probe.h"

namespace starlock::protocol::xmpp {
namespace {

constexpr std::string_view kClientContent = "jabber:client";
constexpr std::string_view kServerContent = "jabber:server";

std::unique_ptr<Dialogue> Make(std::string_view content, Env env) {
  return std::make_unique<XmppDialogue>(content, std::move(env));
}

}  // namespace

const Dialect kXmpp = {
    .name = "xmpp",
    .default_port = 5222,
    .alpn = "xmpp-client",
    .make_dialogue = [](Env env) { return Make(kClientContent, std::move(env)); },
    .make_prober = [](const std::string&, Findings& findings) { return MakeXmppProber(kClientContent, findings); },
};

const Dialect kXmppServer = {
    .name = "xmpp-server",
    .default_port = 5269,
    .alpn = "xmpp-server",
    .make_dialogue = [](Env env) { return Make(kServerContent, std::move(env)); },
    .make_prober = [](const std::string&, Findings& findings) { return MakeXmppProber(kServerContent, findings); },
};

}  // namespace starlock::protocol::xmpp
