// Jobs done side by side whose results are taken in the order in which they were given: what
// backup, verification and restore have in common.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace manifolddb::backup {

// Threads that run tasks in the order given. Must outlive every OrderedPipeline over it.
class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);  // at least one is started
  ~WorkerPool();                          // waits for the threads
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  unsigned size() const { return static_cast<unsigned>(threads_.size()); }

  //   queued ──▶ running ──▶ done
  //      └────────────────────▲   (cancelled)
  class Task {
   public:
    virtual ~Task() = default;
    virtual void run(unsigned worker) noexcept = 0;  // worker: 0 to size() - 1

   private:
    friend class WorkerPool;
    enum class State { queued, running, done } state_ = State::queued;
  };

  // The task must live until wait() or cancel() returned.
  void enqueue_last(Task& task);
  void enqueue_first(Task& task);
  void wait(Task& task);    // until it is done
  void cancel(Task& task);  // until it is done, without running it if it has not begun

 private:
  void work(unsigned worker);

  std::mutex mutex_;
  std::condition_variable task_queued_, task_done_;
  std::deque<Task*> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// As many workers as asked for; 0: as many as the machine has cores. At most kWorkersMax.
inline constexpr unsigned kWorkersMax = 64;
unsigned worker_count(unsigned asked);

// A job is a value that carries its input to a worker and its result back. One thread gives and
// takes; `work` is called on the pool's threads, and what it throws comes out of take(). What is in
// flight (given and not taken) is bounded by its weight: a job is accepted while the others weigh
// less than `weight_max`, so one always is. Destroyed, it waits for the jobs that run and drops the
// others.
template <typename Job>
class OrderedPipeline {
 public:
  using Work = std::function<void(Job&, unsigned worker)>;

  OrderedPipeline(WorkerPool& pool, std::size_t weight_max, Work work)
      : pool_(pool), weight_max_(weight_max), work_(std::move(work)) {}
  ~OrderedPipeline() {
    // The newest first: those have not begun, and are dropped before a running one is waited for.
    for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) pool_.cancel(**slot);
  }
  OrderedPipeline(const OrderedPipeline&) = delete;
  OrderedPipeline& operator=(const OrderedPipeline&) = delete;

  bool empty() const { return slots_.empty(); }
  bool accepts() const { return weight_ < weight_max_ || slots_.empty(); }

  // The caller asks accepts() first.
  void give(Job job, std::size_t weight) {
    slots_.push_back(make_slot(std::move(job), weight));
    pool_.enqueue_last(*slots_.back());
  }

  // Its result is the next one taken: for the rest of a job that was too large for one piece.
  void give_first(Job job, std::size_t weight) {
    slots_.push_front(make_slot(std::move(job), weight));
    pool_.enqueue_first(*slots_.front());
  }

  // The oldest job, done. Requires !empty(). Throws what its work threw.
  Job take() {
    pool_.wait(*slots_.front());
    const std::unique_ptr<Slot> slot = std::move(slots_.front());
    slots_.pop_front();
    weight_ -= slot->weight;
    if (slot->failure) std::rethrow_exception(slot->failure);
    return std::move(slot->job);
  }

 private:
  struct Slot final : WorkerPool::Task {
    Slot(Job&& the_job, std::size_t the_weight, const Work& the_work)
        : job(std::move(the_job)), weight(the_weight), work(the_work) {}
    void run(unsigned worker) noexcept override {
      try {
        work(job, worker);
      } catch (...) {
        failure = std::current_exception();
      }
    }
    Job job;
    std::size_t weight;
    const Work& work;
    std::exception_ptr failure;
  };

  std::unique_ptr<Slot> make_slot(Job&& job, std::size_t weight) {
    weight_ += weight;
    return std::make_unique<Slot>(std::move(job), weight, work_);
  }

  WorkerPool& pool_;
  std::size_t weight_max_;
  std::size_t weight_ = 0;
  Work work_;
  std::deque<std::unique_ptr<Slot>> slots_;
};

}  // namespace manifolddb::backup
