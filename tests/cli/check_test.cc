#include "cli/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/expiry.h"
#include "pki/throwaway_ca.h"

namespace starlock::cli {
namespace {

using std::chrono::hours;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// A folder with a configuration and certificates of any validity period.
class CheckTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("starlock-check-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    auto ca = pki::ThrowawayCa::Create("Test CA");
    ASSERT_TRUE(ca) << ca.error().detail;
    ca_ = std::move(ca).value();
    Write("ca.pem", ca_->certificate());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void Protect(const std::string& name, mode_t mode) { ASSERT_EQ(chmod(Path(name).c_str(), mode), 0); }
  void WriteCertificate(const std::string& name, hours ends, hours begins = hours(-24 * 400)) {
    auto pair = ca_->Issue({.names = {"mail.example.org", "192.0.2.1"}, .begins = begins, .ends = ends});
    ASSERT_TRUE(pair) << pair.error().detail;
    Write(name + ".pem", pair->chain);
    Write(name + ".key", pair->key);
    Protect(name + ".key", 0600);
  }
  std::string Path(const std::string& name) const { return folder_ / name; }

  // Runs `check` on `top` plus a listener with certificate `mail`.
  int Run(const std::string& top, const std::string& server = "{address: 'localhost:25', tls: off}") {
    Write("f.yaml", top +
                        "\nlisteners:\n  - name: front\n    listen: 127.0.0.1:0\n    protocol: smtp\n"
                        "    client: {tls: required, certificates: [mail]}\n    server: " +
                        server + "\n");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = Check(Path("f.yaml"));
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return status;
  }

  const std::string mail_ = "certificates:\n  mail: {chain: mail.pem, key: mail.key}";
  std::filesystem::path folder_;
  std::unique_ptr<pki::ThrowawayCa> ca_;
  std::string out_;
  std::string err_;
};

TEST_F(CheckTest, SaysWhoseACertificateIsAndUntilWhen) {
  WriteCertificate("mail", hours(24 * 90));
  EXPECT_EQ(Run(mail_), 0);
  EXPECT_THAT(out_, AllOf(StartsWith("certificate 'mail': mail.example.org, 192.0.2.1; ECDSA P-256; valid until 20"),
                          HasSubstr(Path("f.yaml") + ": valid, 1 listener\n")));
  EXPECT_EQ(err_, "");
}

TEST_F(CheckTest, WarnsOfWhatHasExpired) {
  WriteCertificate("mail", hours(-24 * 3 - 1));
  EXPECT_EQ(Run(mail_), 0);
  EXPECT_THAT(err_, AllOf(StartsWith(Path("f.yaml") + ":2:17: warning: certificate 'mail' expired on 20"),
                          HasSubstr(", 3 days ago\n")));
  EXPECT_THAT(out_, HasSubstr("valid, 1 listener"));
}

TEST_F(CheckTest, WarnsOfWhatExpiresWithinTwoWeeks) {
  WriteCertificate("mail", hours(24 * 14 - 1));
  EXPECT_EQ(Run(mail_), 0);
  EXPECT_THAT(err_, AllOf(HasSubstr(":2:17: warning: certificate 'mail' expires on"), HasSubstr(", in 13 days\n")));
  WriteCertificate("mail", hours(24 * 14 + 1));
  EXPECT_EQ(Run(mail_), 0);
  EXPECT_EQ(err_, "");
}

TEST_F(CheckTest, WarnsOfWhatIsNotValidYet) {
  WriteCertificate("mail", hours(24 * 90), hours(24));
  EXPECT_EQ(Run(mail_), 0);
  EXPECT_THAT(err_, HasSubstr("warning: certificate 'mail' is not valid before 20"));
}

TEST_F(CheckTest, RefusesAKeyOfAnotherCertificate) {
  WriteCertificate("mail", hours(24 * 90));
  WriteCertificate("other", hours(24 * 90));
  EXPECT_EQ(Run("certificates:\n  mail: {chain: mail.pem, key: other.key}"), 2);
  EXPECT_THAT(err_, AllOf(StartsWith(Path("f.yaml") + ":2:3: "), HasSubstr("does not match")));
  EXPECT_THAT(out_, testing::Not(HasSubstr("valid, ")));
}

TEST_F(CheckTest, RefusesFilesThatAreNotThereOrNotWhatTheyShouldBe) {
  WriteCertificate("mail", hours(24 * 90));
  EXPECT_EQ(Run("certificates:\n  mail: {chain: absent.pem, key: mail.key}"), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr(":2:3: "), HasSubstr("absent.pem")));
  EXPECT_EQ(Run("certificates:\n  mail: {chain: f.yaml, key: mail.key}"), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr(":2:3: "), HasSubstr("f.yaml: no certificate")));

  EXPECT_EQ(Run(mail_, "{address: 'localhost:25', tls: required, ca: ca.pem}"), 0);
  for (const char* server : {"{address: 'localhost:25', tls: required, ca: absent.pem}",
                             "{address: 'localhost:25', tls: off,      ca: absent.pem}"}) {
    EXPECT_EQ(Run(mail_, server), 2);
    EXPECT_THAT(err_, AllOf(HasSubstr(Path("f.yaml") + ":8:58: "), HasSubstr("absent.pem")));
  }

  Write("ticket.keys", "QUJD\n");
  EXPECT_EQ(Run("tls: {ticket_keys: ticket.keys}\n" + mail_), 2);
  EXPECT_THAT(err_, AllOf(StartsWith(Path("f.yaml") + ":1:20: "), HasSubstr("ticket.keys")));
}

TEST_F(CheckTest, RefusesWhatIsWrongInTheFileWithoutOpeningOthers) {
  EXPECT_EQ(Run(mail_ + "\nadmin: {}"), 2);
  EXPECT_EQ(err_, Path("f.yaml") + ":3:1: 'admin' is not supported yet; remove it\n");
  EXPECT_EQ(out_, "");
}

// A group is how a service gets a key (Debian's ssl-cert), so only everybody's rights count.
TEST_F(CheckTest, WarnsOfAKeyThatEverybodyCanRead) {
  WriteCertificate("mail", hours(24 * 90));
  for (const mode_t mode : {0600U, 0640U, 0440U, 0400U}) {
    Protect("mail.key", mode);
    EXPECT_EQ(Run(mail_), 0);
    EXPECT_EQ(err_, "") << std::oct << mode;
  }
  for (const mode_t mode : {0644U, 0604U, 0666U}) {
    Protect("mail.key", mode);
    EXPECT_EQ(Run(mail_), 0);
    EXPECT_THAT(err_, HasSubstr("f.yaml:2:32: warning: every user of this system can read the private key"));
    EXPECT_THAT(err_, HasSubstr("use chmod o= "));
  }
  Protect("mail.key", 0602);
  EXPECT_EQ(Run(mail_), 0);
  EXPECT_THAT(err_, HasSubstr("every user of this system can change the private key"));
}

TEST_F(CheckTest, WarnsOfTicketKeysThatEverybodyCanRead) {
  WriteCertificate("mail", hours(24 * 90));
  Write("ticket.keys", std::string(64, 'A') + "\n");
  Protect("ticket.keys", 0644);
  EXPECT_EQ(Run(mail_ + "\ntls: {ticket_keys: ticket.keys}"), 0);
  EXPECT_THAT(err_, HasSubstr("warning: every user of this system can read the ticket keys"));
}

TEST_F(CheckTest, LooksWhetherTheLogFileCanBeOpened) {
  WriteCertificate("mail", hours(24 * 90));
  EXPECT_EQ(Run("log: {target: 'file:starlock.log'}\n" + mail_), 0);
  EXPECT_FALSE(std::filesystem::exists(Path("starlock.log")));
  EXPECT_EQ(Run("log: {target: 'file:missing/starlock.log'}\n" + mail_), 2);
  EXPECT_THAT(err_, HasSubstr("f.yaml:1:15: cannot open the log file"));
  EXPECT_THAT(err_, HasSubstr("No such file or directory"));
  EXPECT_EQ(Run("log: {target: 'file:.'}\n" + mail_), 2);
  EXPECT_THAT(err_, HasSubstr("it is a folder"));
}

}  // namespace
}  // namespace starlock::cli
