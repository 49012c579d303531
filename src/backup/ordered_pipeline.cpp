#include "backup/ordered_pipeline.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "manifolddb/error.h"

namespace manifolddb::backup {

unsigned worker_count(unsigned asked) {
  const unsigned wanted = asked != 0 ? asked : std::thread::hardware_concurrency();
  return std::clamp(wanted, 1u, kWorkersMax);
}

WorkerPool::WorkerPool(unsigned threads) {
  threads = std::max(threads, 1u);
  threads_.reserve(threads);
  try {
    for (unsigned worker = 0; worker < threads; ++worker) {
      threads_.emplace_back([this, worker] { work(worker); });
    }
  } catch (const std::system_error& error) {
    // Fewer threads than asked for are slower, none is a failure.
    if (threads_.empty()) {
      throw Error(ErrorCode::failed, std::string("cannot start a thread: ") + error.what());
    }
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  task_queued_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::enqueue_last(Task& task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&task);
  }
  task_queued_.notify_one();
}

void WorkerPool::enqueue_first(Task& task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_front(&task);
  }
  task_queued_.notify_one();
}

void WorkerPool::wait(Task& task) {
  std::unique_lock lock(mutex_);
  task_done_.wait(lock, [&task] { return task.state_ == Task::State::done; });
}

void WorkerPool::cancel(Task& task) {
  std::unique_lock lock(mutex_);
  if (task.state_ == Task::State::queued) {
    std::erase(queue_, &task);
    task.state_ = Task::State::done;
  }
  task_done_.wait(lock, [&task] { return task.state_ == Task::State::done; });
}

void WorkerPool::work(unsigned worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    task_queued_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Task& task = *queue_.front();
    queue_.pop_front();
    task.state_ = Task::State::running;
    lock.unlock();
    task.run(worker);
    lock.lock();
    // After this the task may be destroyed by whoever waits for it.
    task.state_ = Task::State::done;
    task_done_.notify_all();
  }
}

}  // namespace manifolddb::backup
