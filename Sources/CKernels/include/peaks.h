#ifndef CKERNELS_PEAKS_H
#define CKERNELS_PEAKS_H

#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

// What one core can do, so that a benchmark can say how near it came.

/// Int8 multiply-adds in 16 independent chains, `rounds` times; returns the operations done (a multiply-add counts two).
double radphi_int8_work(int set, int64_t rounds);
/// The same with fp32 fused multiply-adds.
double radphi_fp32_work(int set, int64_t rounds);
/// Reads `size` bytes and returns their exclusive or, so that nothing is left out. `data` is 64-byte aligned, size a multiple of 256.
uint64_t radphi_read_work(int set, const void *data, size_t size);

#endif
