#if defined(__x86_64__)

// AVX2 with FMA and F16C. Products of bytes are summed in pairs to 16 bits, at most 2 · 128 · 127 for |value| times ±a: it does not
// saturate, but leaves no room for a second pair. Halves of bytes come to at most 2 · 15 · 127 a pair, so that the eight pairs of a block
// fit into 16 bits and are widened once: 9 multiplications where 16 would be needed.

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernel_table.h"

#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define KERNELS radphi_kernels_avx2
#define GROUP 1
#define GROUP_ONE 4
#define READ_AHEAD 2304
#define ROWS_W8 3
#define ROWS_W4 2
#define ROWS_FP32 4
#define START_W8 0

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));
typedef int32_t dot_half __attribute__((ext_vector_type(8)));

typedef int16_t nibble_sums __attribute__((ext_vector_type(32)));

static inline __attribute__((always_inline)) nibble_sums nibble_dot(nibble_sums sums, dot_lanes w, dot_lanes a) {
    typedef int16_t half __attribute__((ext_vector_type(16)));
    const half low = (half)_mm256_maddubs_epi16((__m256i)w.lo, (__m256i)a.lo), high = (half)_mm256_maddubs_epi16((__m256i)w.hi, (__m256i)a.hi);
    nibble_sums out;
    out.lo = sums.lo + low;
    out.hi = sums.hi + high;
    return out;
}

static inline __attribute__((always_inline)) dot_lanes nibble_total(nibble_sums sums, dot_lanes start) {
    const __m256i one = _mm256_set1_epi16(1);
    dot_lanes out;
    out.lo = start.lo + (dot_half)_mm256_madd_epi16((__m256i)sums.lo, one);
    out.hi = start.hi + (dot_half)_mm256_madd_epi16((__m256i)sums.hi, one);
    return out;
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
#define NIBBLE_START(start) ((void)(start), (nibble_sums)0)
#define NIBBLE_DOT nibble_dot
#define NIBBLE_TOTAL nibble_total

#include "rows_avx2.h"
#define ARRANGED_SIZE arranged_size_avx2
#define ARRANGE arrange_avx2
#define ARRANGED_PANEL several_rows_avx2

#include "kernel_template.h"

#pragma clang attribute pop

#endif
