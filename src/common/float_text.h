// The shortest decimal text of a float that reads back as the same one.
#pragma once

#include <cstddef>

namespace manifolddb {

inline constexpr std::size_t kDoubleTextMax = 32;
inline constexpr std::size_t kFloatTextMax = 24;

// Require a finite value and so many writable bytes; return the end. Exactly what
// std::to_chars(value) writes, and ".0" behind where that has neither point nor exponent (JSON
// would take it for an integer).
char* write_finite_double(char* out, double value);
char* write_finite_float(char* out, float value);

}  // namespace manifolddb
