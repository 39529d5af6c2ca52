#if defined(__x86_64__)

// AVX2 with FMA and F16C. Products of bytes are summed in pairs to 16 bits: at most 2 · 15 · 127 for halves of bytes, and
// 2 · 128 · 127 for |value| times ±a, so neither saturates.

#include <immintrin.h>
#include <stdint.h>

#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define KERNELS radphi_kernels_avx2
#define GROUP 1
#define ROWS_INT8 3
#define ROWS_FP32 4
#define START_W8 0

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));
typedef int32_t dot_half __attribute__((ext_vector_type(8)));

static inline __attribute__((always_inline)) dot_half dot_nibbles_half(dot_half sum, dot_half w, dot_half a) {
    const __m256i pairs = _mm256_maddubs_epi16((__m256i)w, (__m256i)a);
    return sum + (dot_half)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

static inline __attribute__((always_inline)) dot_half dot_bytes_half(dot_half sum, dot_half w, dot_half a) {
    const __m256i value = _mm256_xor_si256((__m256i)w, _mm256_set1_epi8((char)0x80));
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(value), _mm256_sign_epi8((__m256i)a, value));
    return sum + (dot_half)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

#define HALVES(f, sum, w, a) \
    ({ \
        const dot_lanes s_ = sum, w_ = w, a_ = a; \
        const dot_half low_ = f(s_.lo, w_.lo, a_.lo), high_ = f(s_.hi, w_.hi, a_.hi); \
        (dot_lanes)__builtin_shufflevector(low_, high_, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
    })
#define DOT4(sum, w, a) HALVES(dot_bytes_half, sum, w, a)
#define DOT4_NIBBLE(sum, w, a) HALVES(dot_nibbles_half, sum, w, a)

#include "kernel_template.h"

#pragma clang attribute pop

#endif
