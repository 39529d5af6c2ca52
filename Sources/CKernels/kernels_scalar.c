// The reference: no instruction beyond the base set is assumed.

#define KERNELS radphi_kernels_scalar
#define INT8_PRODUCTS "int8_template.h"
#define GROUP 1
#define GROUP_ONE 1
#define ROWS_INT8 2
#define ROWS_FP32 2
#define START_W8 0

#include <stdint.h>

#pragma clang diagnostic ignored "-Wpsabi"

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) dot_lanes dot_bytes(dot_lanes sum, dot_lanes w, dot_lanes a, int zero) {
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 4; j++) sum[i] += ((int32_t)((uint32_t)w[i] >> (8 * j) & 255) - zero) * (int8_t)((uint32_t)a[i] >> (8 * j));
    return sum;
}

#define DOT4(sum, w, a) dot_bytes(sum, w, a, 128)
#define DOT4_SMALL(sum, w, a) dot_bytes(sum, w, a, 0)

#include "kernel_template.h"
