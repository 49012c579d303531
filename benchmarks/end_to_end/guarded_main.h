// The main() of a small program: an error is one line and exit code 1.
#pragma once

#include <cstdio>
#include <exception>

namespace manifolddb::bench {

inline int run_guarded(void (*run)(int, char**), int argc, char** argv) {
  try {
    run(argc, argv);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

}  // namespace manifolddb::bench
