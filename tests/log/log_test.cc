#include "log/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "log/line.h"

namespace starlock {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

Compound Tls(std::string version, std::string cipher, std::string group) {
  return {{{"version", std::move(version)}, {"cipher", std::move(cipher)}, {"group", std::move(group)}}};
}
constexpr std::chrono::seconds kPatience{20};
const Compound kTls = Tls("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768");

std::string TextValue(Field::Value value) {
  const std::array fields{Field{"key", std::move(value)}};
  const std::string line = TextLine({}, "event", fields);
  EXPECT_TRUE(line.starts_with("event key=")) << line;
  return line.substr(std::string_view("event key=").size());
}

nlohmann::json JsonValue(Field::Value value) {
  const std::array fields{Field{"key", std::move(value)}};
  return nlohmann::json::parse(JsonLine({"t", {}}, "event", fields))["key"];
}

TEST(TextLine, LeavesHarmlessValuesBare) {
  EXPECT_EQ(TextValue("127.0.0.1:587"), "127.0.0.1:587");
  EXPECT_EQ(TextValue("[::1]:25"), "[::1]:25");
  EXPECT_EQ(TextValue(int64_t{-3}), "-3");
  EXPECT_EQ(TextValue(true), "true");
  EXPECT_EQ(TextValue(nullptr), "-");
  EXPECT_EQ(TextValue(kTls), "TLSv1.3/TLS_AES_128_GCM_SHA256/X25519MLKEM768");
  EXPECT_EQ(TextValue(Tls("TLSv1.2", "C", "")), "TLSv1.2/C/-");
}

TEST(TextLine, QuotesWhatCouldBeTakenForSomethingElse) {
  EXPECT_EQ(TextValue(""), R"("")");
  EXPECT_EQ(TextValue("-"), R"("-")");
  EXPECT_EQ(TextValue("a b"), R"("a b")");
  EXPECT_EQ(TextValue("a=b"), R"("a=b")");
  EXPECT_EQ(TextValue("a\"b"), R"("a\"b")");
  EXPECT_EQ(TextValue("a\\b"), R"("a\\b")");
  EXPECT_EQ(TextValue("it's"), R"("it's")");
}

TEST(TextLine, EscapesControlAndNonAsciiBytes) {
  EXPECT_EQ(TextValue("x\r\nsession end=closed"), R"("x\r\nsession end=closed")");
  EXPECT_EQ(TextValue("\x1b[31m"), R"("\x1b[31m")");
  EXPECT_EQ(TextValue(std::string("a\0b", 3)), R"("a\x00b")");
  EXPECT_EQ(TextValue("\x7f\t"), R"("\x7f\t")");
  EXPECT_EQ(TextValue("\xc3\xa9\xff"), R"("\xc3\xa9\xff")");
}

TEST(TextLine, IsOneLineOfAsciiWithEveryByteInIt) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& line : {TextLine({"t", "info"}, bytes, {}), TextValue(bytes)}) {
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
  }
}

TEST(TextLine, HasAPrefixWhereThereIsALevel) {
  const std::array fields{Field{"error", "no route"}};
  EXPECT_EQ(TextLine({"T", "warning"}, "accept paused", fields), R"(T warning accept paused error="no route")");
}

TEST(JsonLine, KeepsTypes) {
  EXPECT_EQ(JsonValue(nullptr), nullptr);
  EXPECT_EQ(JsonValue(false), false);
  EXPECT_EQ(JsonValue(int64_t{1} << 40), int64_t{1} << 40);
  EXPECT_EQ(JsonValue("a\nb"), "a\nb");
  const nlohmann::json tls{{"version", "TLSv1.3"}, {"cipher", "TLS_AES_128_GCM_SHA256"}, {"group", "X25519MLKEM768"}};
  EXPECT_EQ(JsonValue(kTls), tls);
  EXPECT_EQ(JsonValue(Tls("TLSv1.2", "C", ""))["group"], nullptr);
}

TEST(JsonLine, HasItsKeysInOrder) {
  const std::array fields{Field{"name", "front"}, Field{"address", "127.0.0.1:587"}};
  EXPECT_EQ(JsonLine({"T", {}}, "listening", fields),
            R"({"time":"T","event":"listening","name":"front","address":"127.0.0.1:587"})");
  EXPECT_EQ(JsonLine({"T", "error"}, "e", {}), R"({"time":"T","level":"error","event":"e"})");
}

TEST(JsonLine, IsOneLineOfAsciiAndReplacesInvalidUtf8) {
  EXPECT_EQ(JsonValue("a\xff"), "a\xef\xbf\xbd");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::array fields{Field{"key", bytes}};
  for (const char c : JsonLine({"t", {}}, bytes, fields)) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

TEST(TimeStamp, IsRfc3339) {
  EXPECT_THAT(TimeStamp(), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"));
}

// A pipe that collects the log.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    CloseReader();
    if (ends_[1] >= 0) close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  int reader() const { return ends_[0]; }
  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }
  // Everything written so far; closes the write end.
  std::string Read() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string all;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = read(ends_[0], block.data(), block.size())) > 0;) {
      all.append(block.data(), static_cast<size_t>(got));
    }
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(Logger, WritesEventsOfItsLevelAndRecordsWhateverIt) {
  Pipe pipe;
  Logger logger(LogLevel::kError, LogFormat::kText, pipe.writer());
  EXPECT_FALSE(logger.Enabled(LogLevel::kWarning));
  EXPECT_TRUE(logger.Enabled(LogLevel::kError));
  logger.Event(LogLevel::kWarning, "unseen");
  logger.Event(LogLevel::kError, "seen", {{"why", "so"}});
  logger.Record("listening", {{"name", "front"}, {"address", "127.0.0.1:587"}});
  logger.Close(kPatience);
  const std::string all = pipe.Read();
  EXPECT_THAT(all, MatchesRegex("20[^ ]*Z error seen why=so\nlistening name=front address=127.0.0.1:587\n"));
}

TEST(Logger, WritesJson) {
  Pipe pipe;
  Logger logger(LogLevel::kInfo, LogFormat::kJson, pipe.writer());
  logger.Record("session", {{"sni", nullptr}});
  logger.Close(kPatience);
  const auto line = nlohmann::json::parse(pipe.Read());
  EXPECT_EQ(line["event"], "session");
  EXPECT_EQ(line["sni"], nullptr);
  EXPECT_TRUE(line.contains("time"));
  EXPECT_FALSE(line.contains("level"));
}

TEST(Logger, TakesBracesForWhatTheyAre) {
  Pipe pipe;
  Logger logger(LogLevel::kInfo, LogFormat::kText, pipe.writer());
  logger.Record("{}", {{"key", "{0}%s%n"}});
  logger.Close(kPatience);
  EXPECT_EQ(pipe.Read(), "{} key={0}%s%n\n");
}

TEST(Logger, KeepsLinesWholeAcrossThreads) {
  Pipe pipe;
  Logger logger(LogLevel::kInfo, LogFormat::kText, pipe.writer());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 200; ++j) logger.Record("line", {{"text", std::string(30, 'x')}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string expected;
  logger.Close(kPatience);
  for (int i = 0; i < 800; ++i) expected += "line text=" + std::string(30, 'x') + "\n";
  EXPECT_EQ(pipe.Read(), expected);
}

}  // namespace
}  // namespace starlock
