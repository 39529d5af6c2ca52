// Vectors of 16 numbers, whatever the length of the machine's, and the functions of them that the kernels share. Included by kernel_template.h, under an
// instruction set.

#include <math.h>
#include <string.h>

#include "include/kernels.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are only passed to functions that are always inlined, so no calling convention depends on the instruction set.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float v16 __attribute__((ext_vector_type(16)));
typedef int32_t i16 __attribute__((ext_vector_type(16)));
typedef uint32_t u16 __attribute__((ext_vector_type(16)));
typedef _Float16 h16 __attribute__((ext_vector_type(16)));
typedef uint16_t s16 __attribute__((ext_vector_type(16)));
typedef int8_t c16 __attribute__((ext_vector_type(16)));

INLINE v16 load(const float *at) { v16 x; memcpy(&x, at, sizeof x); return x; }
INLINE i16 load_int(const void *at) { i16 x; memcpy(&x, at, sizeof x); return x; }
INLINE v16 load_half(const void *at) { h16 x; memcpy(&x, at, sizeof x); return __builtin_convertvector(x, v16); }
INLINE void store(float *at, v16 x) { memcpy(at, &x, sizeof x); }
INLINE v16 fused(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
INLINE v16 load_bfloat(const void *at) {
    s16 x;
    memcpy(&x, at, sizeof x);
    return (v16)(__builtin_convertvector(x, u16) << 16);
}
INLINE v16 load_number(const void *data, int packing, size_t index) {
    if (packing == RADPHI_F32) return load((const float *)data + index);
    if (packing == RADPHI_F16) return load_half((const uint16_t *)data + index);
    return load_bfloat((const uint16_t *)data + index);
}
/// The sum in one order, whatever the vector length of the machine.
INLINE float total(v16 x) {
    float s[16];
    memcpy(s, &x, sizeof s);
    UNROLL for (int width = 8; width > 0; width /= 2)
        UNROLL for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

/// eˣ to about two units in the last place (after Cephes); 0 below -87.3.
INLINE v16 exponential(v16 x) {
    const v16 magic = 12582912.0f; // 1.5 · 2²³: adding it rounds to a whole number
    const v16 bounded = __builtin_elementwise_min(__builtin_elementwise_max(x, (v16)-87.3f), (v16)88.3f);
    const v16 shifted = fused(bounded, (v16)1.44269504088896341f, magic);
    const v16 n = shifted - magic;
    v16 r = fused(n, (v16)-0.693359375f, bounded);
    r = fused(n, (v16)2.12194440e-4f, r);
    v16 p = 1.9875691500e-4f;
    p = fused(p, r, (v16)1.3981999507e-3f);
    p = fused(p, r, (v16)8.3334519073e-3f);
    p = fused(p, r, (v16)4.1665795894e-2f);
    p = fused(p, r, (v16)1.6666665459e-1f);
    p = fused(p, r, (v16)5.0000001201e-1f);
    p = fused(p, r * r, r) + (v16)1.0f;
    const i16 power = ((i16)shifted - (i16)magic + 127) << 23;
    const v16 value = p * (v16)power;
    const i16 keep = x >= (v16)-87.3f;
    return (v16)((i16)value & keep);
}

/// gelu_new: x · ½(1 + tanh(√(2/π)(x + 0.044715x³))) = x / (1 + e^(-2√(2/π)(x + 0.044715x³))).
INLINE v16 gelu(v16 x) {
    const v16 cubic = fused(x * x * x, (v16)0.044715f, x);
    return x / ((v16)1.0f + exponential(cubic * (v16)-1.5957691216057308f));
}
