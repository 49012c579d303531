// Reads a backup from one end to the other and reports every damage.
#pragma once

#include <memory>

#include "io/byte_stream.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// The same as the public calls, from any source of stored bytes, compressed or not.
VerifyReport verify(std::unique_ptr<ByteSource> stored, const VerifyOptions& options);

}  // namespace manifolddb::backup
