#include "stage.h"

#include <utility>

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)

Stage::Stage(const Setting& setting)
    : config_(MakeConfig(setting, upstream_.address())),
      routes_(std::move(MakeRoutes(config_, MakeCredentials(), proxy::MakeDataPorts(config_))).value()),
      resolver_(loop_) {
  auto group = net::BindGroup({"127.0.0.1", 0}, 1);
  EXPECT_TRUE(group.ok());
  address_ = {"127.0.0.1", group->front().address().port()};
  auto listener = net::Listener::Create(
      loop_, std::move(group->front()),
      [this](std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
        OnAccept(std::move(stream), peer);
      },
      [](const Error& error) { ADD_FAILURE() << error.detail; });
  EXPECT_TRUE(listener.ok());
  listener_ = std::move(listener).value();
  thread_ = std::thread([this] { loop_.Run(); });
}

Stage::~Stage() {
  loop_.Post([this] { loop_.Stop(); });
  thread_.join();
}

void Stage::OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
  auto made = std::make_unique<Session>(SessionContext{loop_, resolver_, log_.logger()}, *routes_.front(),
                                        std::move(stream), peer, [this](Session& done) {
                                          auto node = sessions_.extract(&done);
                                          loop_.Dispose(std::move(node.mapped()));
                                        });
  Session& session = *made;
  sessions_.emplace(&session, std::move(made));
  session.Start(false);
}

size_t Stage::Ask(std::function<size_t()> question) {
  std::promise<size_t> answer;
  loop_.Post([&] { answer.set_value(question()); });
  return answer.get_future().get();
}

size_t Stage::SlabsInUse() {
  return Ask([this] { return loop_.pool().in_use(); });
}

size_t Stage::Sessions() {
  return Ask([this] { return sessions_.size(); });
}

testing::AssertionResult Stage::ComesTo(size_t slabs) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  size_t now = 0;
  while ((now = SlabsInUse()) != slabs) {
    if (std::chrono::steady_clock::now() > deadline) return testing::AssertionFailure() << now << " slabs are in use";
  }
  return testing::AssertionSuccess();
}

}  // namespace starlock::session
