#ifndef CKERNELS_MEMORY_H
#define CKERNELS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/// Anonymous memory of zeros, page aligned; pages take room when first touched. With `huge` it is 2 MiB aligned and asks for huge pages: for what
/// is used from end to end. NULL when there is none.
void *radphi_memory_allocate(size_t bytes, bool huge);
/// Gives it back; the same size and kind as at its allocation. NULL is allowed.
void radphi_memory_free(void *memory, size_t bytes, bool huge);

#endif
