#include "common/body_reader.h"

#include <bit>
#include <string>

#include "manifolddb/error.h"

namespace manifolddb {

static_assert(std::endian::native == std::endian::little,
              "floating-point fields are read as stored");

void BodyReader::fail(const char* why) const {
  throw Error(ErrorCode::damaged, "stored record of " + std::to_string(end_ - begin_) +
                                      " bytes is not canonical at byte " +
                                      std::to_string(at_ - begin_) + ": " + why);
}

}  // namespace manifolddb
