#if defined(__aarch64__)

// Arm with the dot-product instructions (SDOT): both operands are signed, so weights of 8 bits lose their offset first.

#include <arm_neon.h>
#include <stdint.h>

#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define KERNELS radphi_kernels_neon
#define INT8_PRODUCTS "int8_template.h"
#define GROUP 1
#define GROUP_ONE 1
#define ROWS_INT8 3
#define ROWS_FP32 4
#define START_W8 0

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));
typedef int32_t dot_quarter __attribute__((ext_vector_type(4)));

static inline __attribute__((always_inline)) dot_quarter dot_four(dot_quarter sum, dot_quarter w, dot_quarter a) {
    return (dot_quarter)vdotq_s32((int32x4_t)sum, (int8x16_t)w, (int8x16_t)a);
}

static inline __attribute__((always_inline)) dot_lanes dot_signed(dot_lanes sum, dot_lanes w, dot_lanes a) {
    const dot_quarter q0 = dot_four(sum.lo.lo, w.lo.lo, a.lo.lo), q1 = dot_four(sum.lo.hi, w.lo.hi, a.lo.hi);
    const dot_quarter q2 = dot_four(sum.hi.lo, w.hi.lo, a.hi.lo), q3 = dot_four(sum.hi.hi, w.hi.hi, a.hi.hi);
    const __attribute__((ext_vector_type(8))) int32_t low = __builtin_shufflevector(q0, q1, 0, 1, 2, 3, 4, 5, 6, 7), high = __builtin_shufflevector(q2, q3, 0, 1, 2, 3, 4, 5, 6, 7);
    return (dot_lanes)__builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

#define DOT4(sum, w, a) dot_signed(sum, (dot_lanes)((w) ^ (dot_lanes)(int32_t)0x80808080), a)
#define DOT4_SMALL dot_signed

#include "kernel_template.h"

#pragma clang attribute pop

#endif
