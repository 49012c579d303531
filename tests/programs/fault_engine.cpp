// Writes to the bare engine, to try the fault shim against it: keys 1, 2, 3 … to the number given,
// one batch each, every third one synced, with tables written in between. Prints a number when it
// and all before it are durable. With "read" instead of a number it prints the keys that are there.
#include <rocksdb/db.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "fault_shim/fault_phase.h"

namespace {

void check(const rocksdb::Status& status) {
  if (!status.ok()) {
    std::cerr << status.ToString() << std::endl;
    std::exit(1);
  }
}

std::string key_of(int number) {
  char text[16];
  std::snprintf(text, sizeof text, "%08d", number);
  return text;
}

rocksdb::Options options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.level0_file_num_compaction_trigger = 2;
  return options;
}

void write_keys(rocksdb::DB& database, int count) {
  constexpr int kSyncEvery = 3;
  constexpr int kFlushEvery = 20;
  const std::string value(500, 'v');
  for (int number = 1; number <= count; ++number) {
    rocksdb::WriteOptions write;
    write.sync = number % kSyncEvery == 0;
    check(database.Put(write, key_of(number), value));
    if (write.sync) {
      std::cout << number << std::endl;
    }
    if (number % kFlushEvery == 0) {
      manifolddb::test::enter_phase("flush");
      check(database.Flush(rocksdb::FlushOptions()));
      manifolddb::test::enter_phase("write");
    }
  }
}

void print_keys(rocksdb::DB& database) {
  const std::unique_ptr<rocksdb::Iterator> it(database.NewIterator(rocksdb::ReadOptions()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    std::cout << std::stoi(it->key().ToString()) << "\n";
  }
  check(it->status());
}

}  // namespace

int main(int, char** argv) {
  manifolddb::test::enter_phase("open");
  rocksdb::DB* raw = nullptr;
  check(rocksdb::DB::Open(options(), argv[1], &raw));
  const std::unique_ptr<rocksdb::DB> database(raw);
  if (std::string(argv[2]) == "read") {
    print_keys(*database);
    return 0;
  }
  manifolddb::test::enter_phase("write");
  write_keys(*database, std::stoi(argv[2]));
  manifolddb::test::enter_phase("close");
  check(database->Close());
  return 0;
}
