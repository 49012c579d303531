// Reads a backup from one end to the other and reports every damage.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "io/byte_stream.h"
#include "manifolddb/backup.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

// The same as the public calls, from any source of stored bytes, compressed or not.
VerifyReport verify(std::unique_ptr<ByteSource> stored, const VerifyOptions& options);

// A chain in any order whose files were verified one by one: the digest at the end of every link,
// the ends of edges, at level restore a restore. Throws the Error that says what is wrong.
void prove_chain(const std::vector<std::filesystem::path>& files, const VerifyOptions& options);
// The same of a point of a repository, log included.
void prove_chain(const BackupChain& chain, const VerifyOptions& options);

}  // namespace manifolddb::backup
