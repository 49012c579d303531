// Backup, verify and restore all rest on this: results in the order given, errors carried over,
// memory bounded, nothing running when it is gone.
#include "backup/ordered_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace manifolddb::backup {
namespace {

struct Job {
  int input = 0;
  int output = 0;
};

TEST(OrderedPipeline, GivesConcurrentResultsInTheOrderOfTheJobs) {
  WorkerPool pool(4);
  OrderedPipeline<Job> pipeline(pool, 16, [](Job& job, unsigned worker) {
    EXPECT_LT(worker, 4u);
    // Later jobs are done sooner.
    std::this_thread::sleep_for(std::chrono::microseconds(50 * (job.input % 8 == 0)));
    job.output = job.input * 2;
  });
  int given = 0;
  std::vector<int> outputs;
  while (outputs.size() < 1000) {
    while (given < 1000 && pipeline.accepts()) pipeline.give({.input = given++}, 1);
    outputs.push_back(pipeline.take().output);
  }
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(outputs[static_cast<std::size_t>(i)], 2 * i);
}

TEST(OrderedPipeline, AcceptsUpToItsWeightAndAlwaysOneJob) {
  WorkerPool pool(1);
  OrderedPipeline<Job> pipeline(pool, 10, [](Job&, unsigned) {});
  EXPECT_TRUE(pipeline.accepts());
  pipeline.give({}, 1000);
  EXPECT_FALSE(pipeline.accepts());
  pipeline.take();
  pipeline.give({}, 9);
  EXPECT_TRUE(pipeline.accepts());
  pipeline.give({}, 1);
  EXPECT_FALSE(pipeline.accepts());
}

TEST(OrderedPipeline, TakesTheRestOfAJobBeforeTheOthers) {
  WorkerPool pool(2);
  OrderedPipeline<Job> pipeline(pool, 10, [](Job& job, unsigned) { job.output = job.input; });
  pipeline.give({.input = 1}, 1);
  pipeline.give({.input = 3}, 1);
  EXPECT_EQ(pipeline.take().output, 1);
  pipeline.give_first({.input = 2}, 1);
  EXPECT_EQ(pipeline.take().output, 2);
  EXPECT_EQ(pipeline.take().output, 3);
}

TEST(OrderedPipeline, ThrowsWhatAJobThrewAtItsPlace) {
  WorkerPool pool(2);
  OrderedPipeline<Job> pipeline(pool, 10, [](Job& job, unsigned) {
    if (job.input == 1) throw std::runtime_error("one");
  });
  for (int i = 0; i < 3; ++i) pipeline.give({.input = i}, 1);
  EXPECT_NO_THROW(pipeline.take());
  EXPECT_THROW(pipeline.take(), std::runtime_error);
  EXPECT_NO_THROW(pipeline.take());
}

TEST(OrderedPipeline, DropsConcurrentJobsThatHaveNotBegunWhenItIsDestroyed) {
  WorkerPool pool(1);
  std::atomic<bool> release{false};
  std::atomic<bool> first_runs{false};
  std::atomic<bool> destroying{false};
  std::atomic<int> runs{0};
  std::thread releaser([&] {
    while (!destroying) std::this_thread::yield();
    // Time for the destructor to begin, also on a busy machine.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    release = true;
  });
  {
    OrderedPipeline<Job> pipeline(pool, 100, [&](Job&, unsigned) {
      ++runs;
      first_runs = true;
      while (!release) std::this_thread::yield();
    });
    for (int i = 0; i < 50; ++i) pipeline.give({}, 1);
    while (!first_runs) std::this_thread::yield();
    destroying = true;
  }
  EXPECT_LT(runs, 50);
  EXPECT_TRUE(release) << "the job that ran was not waited for";
  releaser.join();
}

}  // namespace
}  // namespace manifolddb::backup
