#define _GNU_SOURCE
#include "include/pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// A worker claims task i of job g by moving `claim` from (g, i) to (g, i + 1). The claim succeeds only while job g still has open
// tasks, and then its owner waits for it; so what a worker has read of the job is valid whenever its claim succeeds, and a worker
// that was asleep during a job is never waited for.

struct worker {
    radphi_pool *pool;
    pthread_t thread;
    int index;
};

struct radphi_pool {
    int threads;
    pthread_mutex_t owner;
    _Alignas(64) atomic_ullong claim; // job number << 32 | next task
    _Alignas(64) atomic_uint epoch;   // the job number again, to sleep on
    atomic_int sleepers;
    atomic_int stopping;
    _Atomic(radphi_task) task;
    _Atomic(const void *) context;
    atomic_int count;
    _Alignas(64) atomic_int done;
    atomic_uint finished; // counts jobs done, for an owner that sleeps
    void **scratch;       // [threads], owned
    size_t scratch_size;
    struct worker *workers; // [threads - 1]
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void futex_wait(atomic_uint *word, unsigned seen) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0); }
static void futex_wake(atomic_uint *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0); }

/// Takes tasks of the job that is published until none is open.
static void take_tasks(radphi_pool *pool, int index) {
    for (;;) {
        unsigned long long seen = atomic_load_explicit(&pool->claim, memory_order_acquire);
        radphi_task task = atomic_load_explicit(&pool->task, memory_order_relaxed);
        const void *context = atomic_load_explicit(&pool->context, memory_order_relaxed);
        int count = atomic_load_explicit(&pool->count, memory_order_acquire);
        int next = (int)(uint32_t)seen;
        if (next >= count) return;
        if (!atomic_compare_exchange_weak_explicit(&pool->claim, &seen, seen + 1, memory_order_acq_rel, memory_order_relaxed)) continue;
        task(context, next, pool->scratch[index]);
        if (atomic_fetch_add_explicit(&pool->done, 1, memory_order_acq_rel) + 1 == count) {
            atomic_fetch_add(&pool->finished, 1);
            if (index != 0) futex_wake(&pool->finished);
        }
    }
}

static void *work(void *argument) {
    struct worker *self = argument;
    radphi_pool *pool = self->pool;
    unsigned seen = 0;
    for (;;) {
        unsigned now = seen;
        for (int spin = 0; spin < 2000 && now == seen; spin++) {
            pause_briefly();
            now = atomic_load_explicit(&pool->epoch, memory_order_acquire);
        }
        while (now == seen && !atomic_load(&pool->stopping)) {
            atomic_fetch_add(&pool->sleepers, 1);
            futex_wait(&pool->epoch, seen);
            atomic_fetch_sub(&pool->sleepers, 1);
            now = atomic_load(&pool->epoch);
        }
        if (atomic_load(&pool->stopping)) return NULL;
        seen = now;
        take_tasks(pool, self->index);
    }
}

static bool grow_scratch(radphi_pool *pool, size_t size) {
    if (size <= pool->scratch_size) return true;
    size = (size + 4095) / 4096 * 4096;
    for (int i = 0; i < pool->threads; i++) {
        void *fresh = NULL;
        if (posix_memalign(&fresh, 64, size) != 0) return false;
        free(pool->scratch[i]);
        pool->scratch[i] = fresh;
    }
    pool->scratch_size = size;
    return true;
}

radphi_pool *radphi_pool_create(int threads) {
    if (threads < 1) threads = 1;
    radphi_pool *pool = NULL;
    if (posix_memalign((void **)&pool, 64, sizeof *pool) != 0) return NULL;
    *pool = (radphi_pool){.threads = 1};
    pool->scratch = calloc((size_t)threads, sizeof *pool->scratch);
    pool->workers = calloc((size_t)threads, sizeof *pool->workers);
    if (!pool->scratch || !pool->workers || pthread_mutex_init(&pool->owner, NULL) != 0) {
        free(pool->scratch);
        free(pool->workers);
        free(pool);
        return NULL;
    }
    for (int i = 1; i < threads; i++) {
        struct worker *worker = &pool->workers[i - 1];
        *worker = (struct worker){.pool = pool, .index = i};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            radphi_pool_destroy(pool);
            return NULL;
        }
        pool->threads = i + 1;
    }
    return pool;
}

void radphi_pool_destroy(radphi_pool *pool) {
    if (!pool) return;
    atomic_store(&pool->stopping, 1);
    atomic_fetch_add(&pool->epoch, 1);
    futex_wake(&pool->epoch);
    for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i - 1].thread, NULL);
    for (int i = 0; i < pool->threads; i++) free(pool->scratch[i]);
    pthread_mutex_destroy(&pool->owner);
    free(pool->scratch);
    free(pool->workers);
    free(pool);
}

int radphi_pool_threads(const radphi_pool *pool) { return pool->threads; }

static bool run_alone(radphi_task task, const void *context, int count, size_t size) {
    void *scratch = NULL;
    if (size > 0 && posix_memalign(&scratch, 64, size) != 0) return false;
    for (int i = 0; i < count; i++) task(context, i, scratch);
    free(scratch);
    return true;
}

bool radphi_pool_run(radphi_pool *pool, radphi_task task, const void *context, int count, size_t scratch) {
    if (count <= 0) return true;
    if (pthread_mutex_trylock(&pool->owner) != 0) return run_alone(task, context, count, scratch);
    bool ready = grow_scratch(pool, scratch);
    if (ready && (pool->threads == 1 || count == 1)) {
        for (int i = 0; i < count; i++) task(context, i, pool->scratch[0]);
    } else if (ready) {
        unsigned finished = atomic_load(&pool->finished);
        unsigned job = atomic_load_explicit(&pool->epoch, memory_order_relaxed) + 1;
        // No task is open, so no claim can succeed before the last line here publishes the new ones.
        atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->task, task, memory_order_relaxed);
        atomic_store_explicit(&pool->context, context, memory_order_relaxed);
        atomic_store_explicit(&pool->claim, (unsigned long long)job << 32 | UINT32_MAX >> 1, memory_order_release);
        atomic_store_explicit(&pool->count, count, memory_order_release);
        atomic_store_explicit(&pool->claim, (unsigned long long)job << 32, memory_order_release);
        atomic_store(&pool->epoch, job);
        if (atomic_load(&pool->sleepers) > 0) futex_wake(&pool->epoch);
        take_tasks(pool, 0);
        for (int spin = 0; atomic_load_explicit(&pool->done, memory_order_acquire) < count; spin++) {
            if (spin < 2000) pause_briefly();
            else futex_wait(&pool->finished, finished);
        }
    }
    pthread_mutex_unlock(&pool->owner);
    return ready;
}
