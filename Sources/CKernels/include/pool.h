#ifndef CKERNELS_POOL_H
#define CKERNELS_POOL_H

#include <stdbool.h>
#include <stddef.h>

// A fixed pool of threads that share out numbered tasks. Which thread takes which task is open; so a task must write only what
// no other task writes, and its result must not depend on the thread.

typedef struct radphi_pool radphi_pool;

/// One task. `scratch` is 64-byte aligned memory of the size asked for, used by nobody else during the task.
typedef void (*radphi_task)(const void *context, int task, void *scratch);

/// A pool of `threads` threads, the caller's own among them. NULL when memory or threads are not to be had.
radphi_pool *radphi_pool_create(int threads);
/// Ends the threads; no run may be under way.
void radphi_pool_destroy(radphi_pool *pool);
int radphi_pool_threads(const radphi_pool *pool);
/// Runs tasks 0 ..< count and returns when all are done. While another caller holds the pool, the tasks run on the calling
/// thread alone. False when the scratch memory is not to be had; nothing has run then.
bool radphi_pool_run(radphi_pool *pool, radphi_task task, const void *context, int count, size_t scratch);

#endif
