// Text from parts: the one place where the formatting library comes in.
#pragma once

#include <fmt/format.h>

namespace manifolddb {

using fmt::format;

}  // namespace manifolddb
