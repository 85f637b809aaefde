// The load driver of the benchmarks: the clients of the proxies, their upstream servers, and a plain relay, which is
// the lower bound for a proxy's cost. Each process has one thread. Options are words KEY=VALUE; results are JSON on
// stdout.
//
//   driver serve chain=FILE key=FILE SERVICE…      prints the ports; `seen` on stdin prints the counters
//   driver bulk port=N what=D|U bytes=N [record=N] [connections=N] [check=1] [tls=OPTIONS]
//   driver sessions port=N protocol=NAME count=N at_once=N [tls=OPTIONS [starttls=1] [resume=1]]
//   driver latency port=N connections=N count=N rate=N [tls=OPTIONS]
//   driver idle port=N connections=N [tls=OPTIONS]
//   driver relay port=N to=N buffer=N
//
// bulk, sessions, latency and idle print `ready` once their connections are open, start when they read a line from
// stdin, and end when they read another one, or its end.

#include <fmt/core.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <span>
#include <string>

#include "driver/backend.h"
#include "driver/pool.h"
#include "driver/relay.h"
#include "driver/sessions.h"
#include "driver/sockets.h"

namespace starlock::bench {
namespace {

class Words {
 public:
  explicit Words(std::span<char*> words) {
    for (const std::string word : words) values_[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }

  bool has(const std::string& key) const { return values_.contains(key); }
  std::string text(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) Fail(fmt::format("{}=VALUE is missing", key));
    return found->second;
  }
  uint64_t number(const std::string& key) const { return std::stoull(text(key)); }
  uint64_t number(const std::string& key, uint64_t otherwise) const { return has(key) ? number(key) : otherwise; }

 private:
  std::map<std::string, std::string> values_;
};

/// Answers each line on stdin with the counters of the backend. Stops the loop at the end of stdin.
class Console final : public Watched {
 public:
  Console(Loop& loop, Backend& backend) : loop_(loop), backend_(backend) { loop.Add(STDIN_FILENO, EPOLLIN, this); }

  void OnReady(uint32_t /*events*/) override {
    std::string line;
    if (!std::getline(std::cin, line)) return loop_.Stop();
    std::cout << backend_.TakeSeen() << std::endl;
  }

 private:
  Loop& loop_;
  Backend& backend_;
};

int Serve(std::span<char*> arguments) {
  Loop loop;
  if (arguments.size() < 2) Fail("usage: driver serve chain=FILE key=FILE SERVICE…");
  const Words words(arguments.first(2));
  Backend backend(loop, words.text("chain"), words.text("key"));
  for (const char* service : arguments.subspan(2)) backend.Add(service);
  std::cout << backend.Start() << std::endl;
  const Console console(loop, backend);
  loop.Run();
  return 0;
}

Target MakeTarget(const Words& words) {
  Target target;
  target.port = static_cast<uint16_t>(words.number("port"));
  if (words.has("tls")) {
    target.context = MakeClientContext(TlsOptions::Parse(words.text("tls")));
    target.implicit = !words.has("starttls");
  }
  return target;
}

int Load(const std::string& verb, const Words& words) {
  Target target = MakeTarget(words);
  nlohmann::json result;
  if (verb == "bulk") {
    result = RunBulk(
        target, {words.text("what")[0], words.number("bytes"), static_cast<uint16_t>(words.number("record", 16384)),
                 words.number("connections", 1), words.has("check")});
  } else if (verb == "sessions") {
    result = RunSessions(target, {words.text("protocol"), words.has("starttls"), words.has("resume"),
                                  words.number("count"), words.number("at_once")});
  } else if (verb == "latency") {
    result = RunLatency(target, {words.number("connections"), words.number("count"), words.number("rate"), 128});
  } else if (verb == "idle") {
    result = RunIdle(target, words.number("connections"));
  } else {
    Fail(fmt::format("unknown verb {}", verb));
  }
  std::cout << result.dump() << std::endl;
  std::string line;
  std::getline(std::cin, line);  // the parent process reads its clocks before the connections close
  _exit(0);                      // skips closing 10,000 connections one by one
}

}  // namespace
}  // namespace starlock::bench

int main(int count, char** values) {
  using namespace starlock::bench;  // NOLINT(google-build-using-namespace)
  const std::span<char*> arguments(values, static_cast<size_t>(count));
  if (arguments.size() < 2) Fail("usage: driver VERB KEY=VALUE…");
  RaiseDescriptors();
  const std::string verb = arguments[1];
  if (verb == "serve") return Serve(arguments.subspan(2));
  const Words words(arguments.subspan(2));
  if (verb == "relay") {
    RunRelay(static_cast<uint16_t>(words.number("port")), static_cast<uint16_t>(words.number("to")),
             words.number("buffer"));
  }
  return Load(verb, words);
}
