#define _GNU_SOURCE
#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static size_t rounded(size_t bytes, bool huge) {
    const size_t page = huge ? HUGE_PAGE : 4096;
    return (bytes + page - 1) & ~(page - 1);
}

void *radphi_memory_allocate(size_t bytes, bool huge) {
    const size_t size = rounded(bytes, huge), extra = huge ? HUGE_PAGE : 0;
    if (size < bytes || size + extra < size || size == 0) return NULL;
    uint8_t *raw = mmap(NULL, size + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED) return NULL;
    if (!huge) return raw;
    uint8_t *aligned = (uint8_t *)(((uintptr_t)raw + extra - 1) & ~(uintptr_t)(extra - 1));
    if (aligned > raw) munmap(raw, (size_t)(aligned - raw));
    if (raw + extra > aligned) munmap(aligned + size, (size_t)(raw + extra - aligned));
    madvise(aligned, size, MADV_HUGEPAGE);
    return aligned;
}

void radphi_memory_free(void *memory, size_t bytes, bool huge) {
    if (memory) munmap(memory, rounded(bytes, huge));
}
