#ifndef CKERNELS_THREAD_POOL_H
#define CKERNELS_THREAD_POOL_H

/// A fixed set of threads that share out the indices of a loop. Which thread takes which index is left to chance, so work must not depend on it.
typedef struct radphi_pool radphi_pool;

/// `threads` counts the calling thread in; at least 1. NULL when memory or threads are not to be had.
radphi_pool *radphi_pool_create(int threads);
/// No run may be under way. NULL is allowed.
void radphi_pool_destroy(radphi_pool *pool);
int radphi_pool_threads(const radphi_pool *pool);
/// Calls work(context, index) for every index in [0, count), and returns when all have returned. Several threads may call it; they take turns.
void radphi_pool_run(radphi_pool *pool, int count, void (*work)(void *context, int index), void *context);

/// Anonymous zeroed memory, 2 MiB aligned; with `huge` in huge pages where the system has them (they are filled whole at the first touch: for
/// what is used from end to end). NULL when there is none.
void *radphi_memory_allocate(unsigned long bytes, int huge);
void radphi_memory_free(void *memory, unsigned long bytes);

#endif
