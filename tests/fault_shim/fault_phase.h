// Lets a test program say which part of its work it is in, so that faults can be aimed at that
// part.
#pragma once

// Defined by the fault shim; absent (null) in a program that is not linked with it.
extern "C" __attribute__((weak)) void fault_phase(const char* name);

namespace manifolddb::test {

inline void enter_phase(const char* name) {
  if (fault_phase != nullptr) {
    fault_phase(name);
  }
}

}  // namespace manifolddb::test
