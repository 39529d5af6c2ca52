// The one boundary to FAISS. No C++ type and no exception crosses it.
//
// Ownership: a `cfaiss_index` is made by `cfaiss_create` or `cfaiss_read`, belongs to the caller and is released by
// `cfaiss_free`. Every other pointer is only borrowed for the duration of the call.
// Failure: a function that returns `cfaiss_status` leaves its outputs untouched unless it returns CFAISS_OK, and
// `cfaiss_last_error` then holds the reason for the calling thread.
// Threads: `cfaiss_search`, `cfaiss_reconstruct`, `cfaiss_count` and `cfaiss_dimension` may run concurrently on one index;
// nothing may run beside `cfaiss_train`, `cfaiss_add`, `cfaiss_set_parameter` or `cfaiss_free`.
#ifndef CFAISS_H
#define CFAISS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CFAISS_NOEXCEPT noexcept
extern "C" {
#else
#define CFAISS_NOEXCEPT
#endif

typedef struct cfaiss_index cfaiss_index;

typedef enum cfaiss_status {
    CFAISS_OK = 0,
    CFAISS_INVALID = 1,   // an argument, a factory string or a parameter that FAISS does not take
    CFAISS_NO_MEMORY = 2,
    CFAISS_IO = 3,        // the reader or writer callback refused
    CFAISS_FAILED = 4     // anything else that FAISS reported
} cfaiss_status;

typedef enum cfaiss_metric { CFAISS_INNER_PRODUCT = 0, CFAISS_L2 = 1 } cfaiss_metric;

// Takes (reads into, or writes from) exactly `count` bytes; anything but 0 stops the operation with CFAISS_IO.
typedef int (*cfaiss_write_function)(void *context, const void *bytes, size_t count);
typedef int (*cfaiss_read_function)(void *context, void *bytes, size_t count);

// The calling thread's last failure, never NULL, valid until its next failing call.
const char *cfaiss_last_error(void) CFAISS_NOEXCEPT;

// An empty index of `dimension` by FAISS's own factory string, such as "Flat" or "HNSW32_SQ8".
cfaiss_status cfaiss_create(int dimension, const char *factory, cfaiss_metric metric, cfaiss_index **out) CFAISS_NOEXCEPT;

// NULL is allowed.
void cfaiss_free(cfaiss_index *index) CFAISS_NOEXCEPT;

int64_t cfaiss_count(const cfaiss_index *index) CFAISS_NOEXCEPT;
int cfaiss_dimension(const cfaiss_index *index) CFAISS_NOEXCEPT;
// 1 when vectors can be added.
int cfaiss_is_trained(const cfaiss_index *index) CFAISS_NOEXCEPT;

// `vectors`: [count, dimension], row-major.
cfaiss_status cfaiss_train(cfaiss_index *index, int64_t count, const float *vectors) CFAISS_NOEXCEPT;
cfaiss_status cfaiss_add(cfaiss_index *index, int64_t count, const float *vectors) CFAISS_NOEXCEPT;

// A search-time parameter by FAISS's own name, such as "efSearch" or "nprobe".
cfaiss_status cfaiss_set_parameter(cfaiss_index *index, const char *name, double value) CFAISS_NOEXCEPT;

// `queries`: [count, dimension]; `scores` and `labels`: [count, limit], best first; label -1 where there are fewer hits.
cfaiss_status cfaiss_search(const cfaiss_index *index, int64_t count, const float *queries, int64_t limit,
                            float *scores, int64_t *labels) CFAISS_NOEXCEPT;

// The stored vector of `label`, `dimension` floats (approximate where the index compresses).
cfaiss_status cfaiss_reconstruct(const cfaiss_index *index, int64_t label, float *vector) CFAISS_NOEXCEPT;

cfaiss_status cfaiss_write(const cfaiss_index *index, cfaiss_write_function write, void *context) CFAISS_NOEXCEPT;

// FAISS 1.7.3 trusts what it reads: only hand it bytes whose hash was checked.
cfaiss_status cfaiss_read(cfaiss_read_function read, void *context, cfaiss_index **out) CFAISS_NOEXCEPT;

// OpenMP threads of FAISS calls made from the calling thread. Graph construction is reproducible with one thread only.
void cfaiss_set_threads(int count) CFAISS_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
