#include "demo/channel.h"

#include <utility>

namespace starlock::demo {

void Channel::Open(std::unique_ptr<buffer::Stream> stream) {
  stream_ = std::move(stream);
  stream_->SetHandler(this);
  stream_->SetReading(true);
}

void Channel::ConnectTls(tls::ClientContext& context) {
  Install(tls::TlsStream::Connect(context, loop_.pool(), loop_, std::move(stream_), this));
}

void Channel::AcceptTls(tls::ServerContext& context) {
  buffer::Chain already_read;
  already_read.Copy(loop_.pool(), std::exchange(input, {}));
  Install(tls::TlsStream::Accept(context, loop_.pool(), loop_, std::move(stream_), std::move(already_read), this));
}

void Channel::Install(std::unique_ptr<tls::TlsStream> tls) {
  tls_ = tls.get();
  stream_ = std::move(tls);
  stream_->SetReading(true);
}

void Channel::Write(std::string_view bytes) {
  if (!stream_ || bytes.empty()) return;
  buffer::Chain chain;
  chain.Copy(loop_.pool(), bytes);
  stream_->Write(std::move(chain));
}

void Channel::End() {
  if (stream_ && !std::exchange(end_sent_, true)) stream_->End(buffer::StreamEnd::kClean);
}

void Channel::OnData(buffer::Chain& in) {
  input += in.ToString();
  in.Clear();
  owner_.OnInput();
}

void Channel::OnEnd(buffer::StreamEnd end) {
  ended_ = true;
  truncated_ = end == buffer::StreamEnd::kTruncated;
  owner_.OnInput();
}

}  // namespace starlock::demo
