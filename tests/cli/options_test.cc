#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starlock::cli {
namespace {

using testing::HasSubstr;

template <typename T>
T Parse(std::vector<std::string> arguments) {
  Command command = ParseCommandLine(std::move(arguments));
  if (const auto* answer = std::get_if<Answer>(&command)) ADD_FAILURE() << answer->text;
  T* options = std::get_if<T>(&command);
  return options ? *options : T{};
}

std::string Refusal(std::vector<std::string> arguments) {
  const Command command = ParseCommandLine(std::move(arguments));
  const auto* answer = std::get_if<Answer>(&command);
  if (!answer) return "accepted";
  EXPECT_EQ(answer->status, 2);
  return answer->text;
}

std::string Help(std::vector<std::string> arguments) {
  const Command command = ParseCommandLine(std::move(arguments));
  const auto* answer = std::get_if<Answer>(&command);
  if (!answer) return "accepted";
  EXPECT_EQ(answer->status, 0);
  return answer->text;
}

TEST(CommandLine, RunTakesAFile) {
  EXPECT_EQ(Parse<RunOptions>({"run", "-c", "f.yaml"}).file, "f.yaml");
  EXPECT_EQ(Parse<RunOptions>({"run", "--config=f.yaml"}).file, "f.yaml");
}

TEST(CommandLine, RunTakesFlags) {
  const RunOptions options = Parse<RunOptions>({"run",
                                                "--protocol",
                                                "smtp",
                                                "--listen",
                                                "127.0.0.1:2525",
                                                "--upstream",
                                                "h:587",
                                                "--upstream-tls",
                                                "required",
                                                "--client-tls",
                                                "off",
                                                "--cert",
                                                "c",
                                                "--key",
                                                "k",
                                                "--ca",
                                                "ca",
                                                "--server-name",
                                                "n",
                                                "--insecure"});
  EXPECT_EQ(options.file, "");
  EXPECT_EQ(options.flags.protocol, "smtp");
  EXPECT_EQ(options.flags.listen, "127.0.0.1:2525");
  EXPECT_EQ(options.flags.upstream, "h:587");
  EXPECT_EQ(options.flags.upstream_tls, "required");
  EXPECT_EQ(options.flags.client_tls, "off");
  EXPECT_EQ(options.flags.cert, "c");
  EXPECT_EQ(options.flags.key, "k");
  EXPECT_EQ(options.flags.ca, "ca");
  EXPECT_EQ(options.flags.server_name, "n");
  EXPECT_TRUE(options.flags.insecure);
}

TEST(CommandLine, CheckTakesAFile) { EXPECT_EQ(Parse<CheckOptions>({"check", "-c", "f.yaml"}).file, "f.yaml"); }

TEST(CommandLine, ProbeTakesItsTargetAnywhere) {
  const ProbeOptions options = Parse<ProbeOptions>(
      {"probe", "mail.example.org", "--protocol", "smtp", "--json", "--ca", "ca", "--server-name", "n"});
  EXPECT_EQ(options.protocol, "smtp");
  EXPECT_EQ(options.target, (HostPort{"mail.example.org", 25}));
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.ca, "ca");
  EXPECT_EQ(options.server_name, "n");
  EXPECT_FALSE(options.insecure);
  EXPECT_EQ(Parse<ProbeOptions>({"probe", "--protocol", "lmtp", "--insecure", "[::1]:24"}).target,
            (HostPort{"::1", 24}));
  EXPECT_EQ(Parse<ProbeOptions>({"probe", "--protocol", "lmtp", "h"}).target.port, 24);
}

TEST(CommandLine, DemoNeedsNothing) {
  EXPECT_EQ(Parse<demo::Options>({"demo"}).protocol, "smtp");
  EXPECT_TRUE(Parse<demo::Options>({"demo"}).color);
  EXPECT_FALSE(Parse<demo::Options>({"demo", "--no-color"}).color);
}

TEST(CommandLine, Helps) {
  EXPECT_THAT(Help({"--version"}), testing::StartsWith("starlock 0.1.0\n"));
  EXPECT_THAT(Help({"--help"}), testing::AllOf(HasSubstr("run"), HasSubstr("check"), HasSubstr("Exit status")));
  EXPECT_THAT(Help({"run", "--help"}), testing::AllOf(HasSubstr("starlock run"), HasSubstr("--upstream-tls MODE")));
  EXPECT_THAT(Help({"check", "-h"}), HasSubstr("--config"));
  EXPECT_THAT(Help({"probe", "--help"}), HasSubstr("HOST[:PORT]"));
  EXPECT_THAT(Help({"demo", "--help"}), HasSubstr("--no-color"));
}

TEST(CommandLine, SaysWhatIsWrongAndWhatWouldBeRight) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> wrong = {
      {{}, "Usage: starlock"},
      {{"rnu"}, "unknown command 'rnu'; did you mean 'run'?"},
      {{"serve"}, "unknown command 'serve'; expected run, check, probe or demo"},
      {{"--verison"}, "unknown option '--verison'; did you mean '--version'?"},
      {{"run"}, "needs -c FILE, or --protocol, --listen, --upstream and --upstream-tls"},
      {{"run", "-c"}, "--config needs a value"},
      {{"run", "-c", ""}, "-c needs the path of a file"},
      {{"run", "-c", "f", "--listen", "a:1"}, "-c FILE cannot be combined with other options"},
      {{"run", "-c", "f", "--insecure"}, "-c FILE cannot be combined with other options"},
      {{"run", "--lisen", "a:1"}, "starlock run: unknown option '--lisen'; did you mean '--listen'?"},
      {{"run", "--lisen=a:1"}, "unknown option '--lisen'; did you mean '--listen'?"},
      {{"run", "--frobnicate"}, "unknown option '--frobnicate'; expected --help, --config, --protocol"},
      {{"run", "--listen", "a", "--listen", "b"}, "--listen is given more than once"},
      {{"run", "--insecure=2"}, "--insecure takes no value"},
      {{"run", "f.yaml"}, "unexpected argument 'f.yaml'"},
      {{"check"}, "-c FILE is required"},
      {{"check", "-c", "f", "--json"}, "unknown option '--json'"},
      {{"probe"}, "--protocol NAME is required"},
      {{"probe", "--protocol", "smtp"}, "HOST[:PORT] is required"},
      {{"probe", "--protocol", "smpt", "h"}, "--protocol: 'smpt' is not a known protocol; did you mean"},
      {{"probe", "--protocol", "tcp", "h"}, "'h' has no port"},
      {{"probe", "--protocol", "smtp", "h:0"}, "port 0 cannot be connected to"},
      {{"probe", "--protocol", "smtp", "h", "i"}, "unexpected argument 'i'"},
      {{"probe", "--protocol", "smtp", "h", "--ca", "f", "--insecure"}, "--insecure verifies nothing"},
      {{"probe", "--protocol", "smtp", "h", "--ca", ""}, "--ca needs the path of a file"},
      {{"probe", "--protocol", "smtp", "h", "--server-name", "a:1"}, "--server-name: 'a:1' is not a server name"},
      {{"demo", "--protocol", "gopher"}, "--protocol: 'gopher' is not a known protocol"},
  };
  for (const auto& [arguments, says] : wrong) EXPECT_THAT(Refusal(arguments), HasSubstr(says));
}

}  // namespace
}  // namespace starlock::cli
