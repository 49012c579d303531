// SIGINT and SIGTERM: the first asks the work to stop, the second ends the process. SIGHUP only
// asks.
#pragma once

namespace manifolddb::cli {

// Also ignores SIGPIPE, so that a reader that went away is an error of a write.
void install_signal_handlers();
bool interrupted();
[[noreturn]] void throw_interrupted();  // Error{interrupted}

}  // namespace manifolddb::cli
