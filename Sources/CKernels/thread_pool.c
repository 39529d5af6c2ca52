#include "thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

// Between two products of a decode step only microseconds pass, so a waiting thread first spins for a while and then sleeps.
enum { SPINS = 2000 };

struct radphi_pool {
    int threads;
    pthread_t *workers;
    pthread_mutex_t turn;  // one run at a time
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    void (*work)(void *, int);
    void *context;
    int count;
    atomic_int next;
    atomic_int busy;        // workers that have not finished the run
    atomic_uint generation; // counts runs
    atomic_bool stop;
};

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    sched_yield();
#endif
}

static void take_all(radphi_pool *pool) {
    for (;;) {
        const int index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (index >= pool->count) return;
        pool->work(pool->context, index);
    }
}

static void *worker(void *argument) {
    radphi_pool *pool = argument;
    unsigned seen = 0;
    for (;;) {
        unsigned now;
        int spins = 0;
        while ((now = atomic_load_explicit(&pool->generation, memory_order_acquire)) == seen && !atomic_load_explicit(&pool->stop, memory_order_relaxed)) {
            if (spins++ < SPINS) {
                relax();
                continue;
            }
            pthread_mutex_lock(&pool->mutex);
            while (atomic_load(&pool->generation) == seen && !atomic_load(&pool->stop)) pthread_cond_wait(&pool->wake, &pool->mutex);
            pthread_mutex_unlock(&pool->mutex);
        }
        if (atomic_load_explicit(&pool->stop, memory_order_relaxed)) return NULL;
        seen = now;
        take_all(pool);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

radphi_pool *radphi_pool_create(int threads) {
    radphi_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    pool->workers = calloc((size_t)(threads > 1 ? threads : 1), sizeof *pool->workers);
    if (!pool->workers) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->threads = 1;
    // With fewer threads than asked for the work is done all the same.
    while (pool->threads < threads && pthread_create(&pool->workers[pool->threads - 1], NULL, worker, pool) == 0) pool->threads++;
    return pool;
}

void radphi_pool_destroy(radphi_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i + 1 < pool->threads; i++) pthread_join(pool->workers[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    pthread_mutex_destroy(&pool->turn);
    free(pool->workers);
    free(pool);
}

int radphi_pool_threads(const radphi_pool *pool) { return pool->threads; }

void radphi_pool_run(radphi_pool *pool, int count, void (*work)(void *, int), void *context) {
    if (pool->threads == 1 || count <= 1) {
        for (int i = 0; i < count; i++) work(context, i);
        return;
    }
    pthread_mutex_lock(&pool->turn);
    pool->work = work;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->busy, pool->threads - 1, memory_order_relaxed);
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    take_all(pool);
    for (int spins = 0; atomic_load_explicit(&pool->busy, memory_order_acquire) > 0; spins++) {
        if (spins < SPINS) relax();
        else sched_yield();
    }
    pthread_mutex_unlock(&pool->turn);
}
