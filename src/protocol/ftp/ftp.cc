#include "protocol/ftp/ftp.h"

#include <memory>
#include <utility>

#include "protocol/ftp/dialogue.h"
#include "protocol/ftp/probe.h"

namespace starlock::protocol::ftp {

static std::unique_ptr<Dialogue> MakeFtp(Env env) { return std::make_unique<FtpDialogue>(std::move(env)); }

const Dialect kFtp = {
    .name = "ftp",
    .default_port = 21,
    .alpn = "ftp",
    .data_alpn = "ftp-data",
    .make_dialogue = MakeFtp,
    .make_prober = ProbeFtp,
};

}  // namespace starlock::protocol::ftp
