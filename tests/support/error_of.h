// The Error that a call throws, for tests that look at its code and text.
#pragma once

#include <gtest/gtest.h>

#include "manifolddb/error.h"

namespace manifolddb::test {

// Fails the test, and returns an Error that matches nothing, when `call` throws none.
template <typename Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error(ErrorCode{0}, "no Error was thrown");
}

}  // namespace manifolddb::test
