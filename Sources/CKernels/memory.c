#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "thread_pool.h"

static unsigned long rounded(unsigned long bytes) { return (bytes + (2ul << 20) - 1) & ~((2ul << 20) - 1); }

void *radphi_memory_allocate(unsigned long bytes, int huge) {
    const unsigned long size = rounded(bytes), extra = 2ul << 20;
    if (size < bytes || size + extra < size) return NULL;
    uint8_t *raw = mmap(NULL, size + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED) return NULL;
    uint8_t *aligned = (uint8_t *)(((uintptr_t)raw + extra - 1) & ~(uintptr_t)(extra - 1));
    if (aligned > raw) munmap(raw, (size_t)(aligned - raw));
    if (raw + extra > aligned) munmap(aligned + size, (size_t)(raw + extra - aligned));
    if (huge) madvise(aligned, size, MADV_HUGEPAGE);
    return aligned;
}

void radphi_memory_free(void *memory, unsigned long bytes) {
    if (memory) munmap(memory, rounded(bytes));
}
