// AVX2 with the dot product of bytes (VNNI) on vectors of 256 bits: the body of kernels_avx2_vnni.c and kernels_avx2_vnni_evex.c, which differ in how the
// processor wants that instruction encoded. They define KERNELS and DPBUSD, its intrinsic. As with AVX-512, weights are the unsigned operand.

#include <immintrin.h>
#include <stdint.h>

#pragma clang diagnostic ignored "-Wpsabi"

#define INT8_PRODUCTS "int8_template.h"
#define GROUP 1
#define GROUP_ONE 4
#define ROWS_INT8 3
#define ROWS_FP32 6
#define START_W8 -128

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));
typedef int32_t dot_half __attribute__((ext_vector_type(8)));

#define DOT4(sum, w, a) \
    ({ \
        const dot_lanes s_ = sum, w_ = w, a_ = a; \
        const dot_half low_ = (dot_half)DPBUSD((__m256i)s_.lo, (__m256i)w_.lo, (__m256i)a_.lo); \
        const dot_half high_ = (dot_half)DPBUSD((__m256i)s_.hi, (__m256i)w_.hi, (__m256i)a_.hi); \
        (dot_lanes)__builtin_shufflevector(low_, high_, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
    })
#define DOT4_SMALL DOT4

#include "kernel_template.h"
