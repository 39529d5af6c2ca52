#ifndef CKERNELS_DEQUANTIZE_H
#define CKERNELS_DEQUANTIZE_H

#include <stdint.h>

// Turning stored numbers into fp32 and back. Types have the numbers of GGUF files (Engine's ElementType).
// Rows are independent of their alignment; nothing is read or written beyond what is named here.

/// Writes `count` numbers of type `type` at `source` to `target` [count]. `count` is a multiple of the type's block size.
/// An unknown type writes nothing.
void radphi_dequantize(uint32_t type, const void *source, float *target, int64_t count);

/// Writes `count` numbers at `source` [count] as type f32, f16, bf16, q8_0 or q4_0 to `target`, rounded as llama.cpp's reference
/// does. `count` is a multiple of the type's block size. An unknown type writes nothing.
void radphi_quantize(uint32_t type, const float *source, void *target, int64_t count);

/// Whether every number of `values` [count] is finite.
int radphi_all_finite(const float *values, int64_t count);

#endif
