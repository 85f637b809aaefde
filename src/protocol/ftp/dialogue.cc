#include "protocol/ftp/dialogue.h"

#include <utility>

#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {

// Whether the server's next reply is, or may become, a 421.
static bool MayBeGoodbye(std::string_view in) {
  constexpr std::string_view kGoodbye = "421";
  return in.substr(0, kGoodbye.size()) == kGoodbye.substr(0, in.size());
}

Frame FtpDialogue::Cut(Side side, std::string_view in, Scan& scan) {
  const bool in_session = server_ && server_->in_session();
  if (side == Side::kClient) return in_session ? CutLine(in, scan) : Frame::Idle();
  if (!in_session) return server_ ? server_->Cut(in, scan) : Frame::Idle();
  if (!client_.settled()) return Frame::Idle();
  if (unasked_ && !MayBeGoodbye(in)) return Frame::Bad("the server spoke before the client did inside TLS");
  const Frame frame = replies_.Cut(in, scan);
  server_speaks_ = frame.kind != Frame::Kind::kWhole || frame.size < in.size();
  return frame;
}

Act FtpDialogue::On(Side side, std::string_view unit, Out& out) {
  if (side == Side::kClient) return Checked(OnCommand(unit, out));
  if (server_->in_session()) return Checked(OnReply(unit, out));
  return Checked(Negotiate(server_->On(unit, out), out));
}

Act FtpDialogue::On(Event event, Side side, Out& out) { return Checked(OnHappened(event, side, out)); }

Act FtpDialogue::OnHappened(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
      return Dial{};
    case Event::kUpstreamUp:
      server_.emplace(env().server);
      return Negotiate(server_->Begin(out), out);
    case Event::kTlsUp:
      if (side == Side::kServer) return Negotiate(server_->OnTlsUp(out), out);
      client_.OnTlsUp();
      unasked_ = env().client == TlsMode::kOpportunistic;
      ReachMeetingPoint(Side::kClient);
      return Read{};
    case Event::kTlsFailed:
      break;
  }
  return OnServerTlsFailed(out);
}

Act FtpDialogue::OnData(const DataEvent& event, Out& out) {
  const auto answer = data_.OnEvent(event, out);
  return Checked(answer ? Say(*answer, out) : Read{});
}

Act FtpDialogue::Checked(Act act) const {
  return CheckedBy(client_.legal() && data_.legal() && (!server_ || server_->legal()), std::move(act));
}

Act FtpDialogue::Negotiate(const LegAct& act, Out& out) {
  if (Is<Read>(act)) return Read{};
  if (Is<StartTls>(act)) return Upgrade{Side::kServer};
  if (const auto* fail = std::get_if<Fail>(&act)) return *fail;
  if (const auto* no_tls = std::get_if<NoTls>(&act)) {
    if (auto fail = GoOnWithoutTls(*no_tls, out)) return *std::move(fail);
  }
  return Greet(out);
}

// The upstream's leg is at its meeting point: the client gets the greeting.
Act FtpDialogue::Greet(Out& out) {
  ReachMeetingPoint(Side::kServer);
  const std::string greeting = server_->Settle();
  out.client() += greeting;
  client_.Greet();
  if (client_.settled()) {
    ReachMeetingPoint(Side::kClient);
  } else if (CodeOf(greeting) != 220) {
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }
  return Read{};
}

}  // namespace starlock::protocol::ftp
