#ifndef CKERNELS_FILE_MAPPING_H
#define CKERNELS_FILE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

// A read-only file mapping raises SIGBUS when the file has been truncated under it. A guarded mapping does not end the
// process: the first touch beyond the new end puts zero pages in place of the rest of the mapping and marks it, and
// whoever read from it asks `radphi_mapping_faulted` afterwards and throws away what it read.

/// Guards [base, base + length), page aligned, and installs the handler at the first call.
/// Returns a slot for the calls below, or -1 when all 1024 slots are taken (nothing is guarded then).
int radphi_mapping_guard(void *base, size_t length);
/// Whether a page of the guarded mapping has gone missing.
bool radphi_mapping_faulted(int slot);
/// Ends the guard; to be called before munmap.
void radphi_mapping_release(int slot);

#endif
