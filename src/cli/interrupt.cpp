#include "cli/interrupt.h"

#include <csignal>

#include "manifolddb/error.h"

namespace manifolddb::cli {

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
  if (stop_requested != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  stop_requested = 1;
}

// The end of a terminal comes more than once: from the shell, and from the kernel when the shell
// ends.
void request_stop_quietly(int) {
  stop_requested = 1;
}

}  // namespace

void install_signal_handlers() {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  // The terminal was closed; but not for what nohup started.
  if (std::signal(SIGHUP, request_stop_quietly) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
  return stop_requested != 0;
}

void throw_interrupted() {
  throw Error(ErrorCode::interrupted, "interrupted", "nothing half done remains",
              "run the command again");
}

}  // namespace manifolddb::cli
