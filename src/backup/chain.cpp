#include "backup/chain.h"

#include <algorithm>
#include <limits>

#include "backup/contents.h"
#include "common/format.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

bool is_full(const ChainFile& file) {
  return file.header.kind == "full";
}

std::string name(const ChainFile& file) {
  return file.path.string();
}

// Files and the parent of each.
class ChainFinder {
 public:
  ChainFinder(const std::vector<ChainFile>& files, const std::string& safe) : safe_(safe) {
    for (const ChainFile& file : files) add(file);
    require_one_history();
  }

  // `before`: links that begin there or behind need no parent.
  void find_parents(std::uint64_t before) {
    const bool any_full = std::any_of(files_.begin(), files_.end(), is_full);
    if (!any_full) refuse_without_base();
    parents_.assign(files_.size(), kNone);
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (is_full(files_[i]) || *files_[i].header.previous_sequence >= before) continue;
      parents_[i] = find_parent(files_[i]);
      if (parents_[i] == kNone) refuse_without_parent(files_[i]);
    }
  }

  std::size_t find_end(std::optional<std::uint64_t> to) const {
    std::size_t end = kNone;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (to && files_[i].header.sequence_number != *to) continue;
      if (!is_full(files_[i]) && parents_[i] == kNone) continue;
      if (end == kNone || comes_behind(files_[i], files_[end])) end = i;
    }
    if (end == kNone) refuse_target(*to);
    return end;
  }

  std::vector<std::size_t> leaves() const {
    std::vector<bool> is_parent(files_.size());
    for (const std::size_t parent : parents_) {
      if (parent != kNone) is_parent[parent] = true;
    }
    std::vector<std::size_t> leaves;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (!is_parent[i]) leaves.push_back(i);
    }
    return leaves;
  }

  Chain chain_to(std::size_t end) const {
    Chain chain;
    for (std::size_t at = end; at != kNone; at = parents_[at]) {
      chain.push_back(files_[at]);
      if (chain.size() > files_.size()) {
        throw Error(
            ErrorCode::not_restorable,
            "the backups continue each other in a circle, " + name(files_[end]) + " among them",
            safe_);
      }
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

 private:
  void add(const ChainFile& file) {
    const auto same = [&file](const ChainFile& other) {
      return other.header.backup_id == file.header.backup_id &&
             other.header.kind == file.header.kind;
    };
    if (std::none_of(files_.begin(), files_.end(), same)) files_.push_back(file);
  }

  void require_one_history() const {
    for (const ChainFile& file : files_) {
      const Header& first = files_.front().header;
      if (file.header.database_id != first.database_id) {
        throw Error(
            ErrorCode::wrong_history,
            format("{} is a backup of database {}, {} of database {}", name(files_.front()),
                   first.database_id.to_string(), name(file), file.header.database_id.to_string()),
            safe_, "give the files of one chain; manifold show FILE    tells what one is");
      }
      if (file.header.history_id != first.history_id) {
        throw Error(
            ErrorCode::wrong_history,
            format("{} is of history {}, {} of history {}: a restore or an old copy lies between",
                   name(files_.front()), first.history_id.to_string(), name(file),
                   file.header.history_id.to_string()),
            safe_, "give the files of one history; manifold show FILE    tells which one it is");
      }
    }
  }

  static bool continues(const Header& link, const Header& parent) {
    return *link.previous_sequence == parent.sequence_number &&
           *link.previous_content_digest == parent.content_digest &&
           (!link.parent_backup_id || *link.parent_backup_id == parent.backup_id);
  }

  // Whether `a` is the better end of a chain, or the better parent of two that fit: fewer links.
  static bool comes_behind(const ChainFile& a, const ChainFile& b) {
    if (a.header.sequence_number != b.header.sequence_number) {
      return a.header.sequence_number > b.header.sequence_number;
    }
    if (is_full(a) != is_full(b)) return is_full(a);
    const bool a_is_empty = !is_full(a) && a.header.previous_sequence == a.header.sequence_number;
    const bool b_is_empty = !is_full(b) && b.header.previous_sequence == b.header.sequence_number;
    if (a_is_empty != b_is_empty) return b_is_empty;
    return a.header.created_at_us < b.header.created_at_us;
  }

  std::size_t find_parent(const ChainFile& link) const {
    std::size_t parent = kNone;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (files_[i].header.backup_id == link.header.backup_id) continue;
      if (!continues(link.header, files_[i].header)) continue;
      if (parent == kNone || comes_behind(files_[i], files_[parent])) parent = i;
    }
    return parent;
  }

  [[noreturn]] void refuse_without_base() const {
    const ChainFile& first =
        *std::min_element(files_.begin(), files_.end(), [](const ChainFile& a, const ChainFile& b) {
          return *a.header.previous_sequence < *b.header.previous_sequence;
        });
    throw Error(
        ErrorCode::not_restorable,
        format("no full backup is given: {} is an incremental that continues seq {} of "
               "history {}",
               name(first), *first.header.previous_sequence, first.header.history_id.to_string()),
        safe_, "give the full backup that the chain begins with, too");
  }

  [[noreturn]] void refuse_without_parent(const ChainFile& link) const {
    const std::uint64_t begin = *link.header.previous_sequence;
    const std::string start = format("{} continues seq {}", name(link), begin);
    const std::string next =
        "give every backup of the chain; manifold show FILE    tells its parent";
    const ChainFile* before = nullptr;  // the last end before the gap
    for (const ChainFile& file : files_) {
      if (file.header.backup_id == link.header.backup_id) continue;
      if (file.header.sequence_number == begin) refuse_parent(link, file);
      const std::uint64_t file_begin = file.header.previous_sequence.value_or(0);
      if (!is_full(file) && file_begin < begin && begin < file.header.sequence_number) {
        throw Error(ErrorCode::not_restorable,
                    format("{}, but {} goes from {} to {}: they overlap", start, name(file),
                           file_begin, file.header.sequence_number),
                    safe_, next);
      }
      if (file.header.sequence_number < begin &&
          (before == nullptr || comes_behind(file, *before))) {
        before = &file;
      }
    }
    throw Error(ErrorCode::not_restorable,
                format("a link is missing: {}, and no file given ends there{}{}", start,
                       before == nullptr ? "" : "; the last one before it, ",
                       before == nullptr ? ""
                                         : name(*before) + format(", ends at seq {}",
                                                                  before->header.sequence_number)),
                safe_, next);
  }

  // Both have the same number, yet one does not continue the other.
  [[noreturn]] void refuse_parent(const ChainFile& link, const ChainFile& parent) const {
    if (*link.header.previous_content_digest != parent.header.content_digest) {
      throw Error(
          ErrorCode::wrong_history,
          format("{} continues seq {} with content digest {}, but {} has {} there: they are "
                 "of different histories",
                 name(link), *link.header.previous_sequence,
                 link.header.previous_content_digest->to_hex(), name(parent),
                 parent.header.content_digest.to_hex()),
          safe_, "give the files of one history");
    }
    throw Error(ErrorCode::not_restorable,
                format("{} continues backup {}, but {} is backup {}", name(link),
                       link.header.parent_backup_id->to_string(), name(parent),
                       parent.header.backup_id.to_string()),
                safe_, "give the parent of each incremental; manifold show FILE    tells it");
  }

  [[noreturn]] void refuse_target(std::uint64_t to) const {
    std::vector<std::uint64_t> numbers;
    for (const ChainFile& file : files_) numbers.push_back(file.header.sequence_number);
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    constexpr std::size_t kNamedMax = 20;
    std::string list;
    for (std::size_t i = 0; i < numbers.size() && i < kNamedMax; ++i) {
      list += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
    }
    if (numbers.size() > kNamedMax) list += format(", ..., {}", numbers.back());
    throw Error(ErrorCode::not_restorable,
                format("no backup given ends at seq {}; they end at {}", to, list), safe_,
                "choose one of these, or give other files");
  }

  std::vector<ChainFile> files_;
  std::vector<std::size_t> parents_;
  const std::string& safe_;
};

}  // namespace

std::vector<ChainFile> read_headers(const std::vector<std::filesystem::path>& files) {
  std::vector<ChainFile> result;
  for (const std::filesystem::path& file : files) {
    result.push_back({file, read_header(file)});
    if (result.back().header.kind != "log") continue;
    throw Error(ErrorCode::not_restorable,
                format("{} is a log segment, not a backup: it holds what transactions {} to {} "
                       "changed",
                       file.string(), *result.back().header.previous_sequence + 1,
                       result.back().header.sequence_number),
                "the files were only read",
                "give backups; the log is restored from the repository that it is in");
  }
  return result;
}

Chain find_chain(const std::vector<ChainFile>& files, std::optional<std::uint64_t> to,
                 const std::string& safe) {
  ChainFinder finder(files, safe);
  finder.find_parents(to.value_or(std::numeric_limits<std::uint64_t>::max()));
  return finder.chain_to(finder.find_end(to));
}

std::vector<Chain> find_chains(const std::vector<ChainFile>& files, const std::string& safe) {
  ChainFinder finder(files, safe);
  finder.find_parents(std::numeric_limits<std::uint64_t>::max());
  std::vector<Chain> chains;
  for (const std::size_t leaf : finder.leaves()) chains.push_back(finder.chain_to(leaf));
  return chains;
}

}  // namespace manifolddb::backup
