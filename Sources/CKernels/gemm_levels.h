#ifndef CKERNELS_GEMM_LEVELS_H
#define CKERNELS_GEMM_LEVELS_H

#include "gemm.h"

/// One panel of a product, and where its outputs go.
typedef struct {
    radphi_format format;
    const uint8_t *weights;
    int valid;          // outputs that exist, 1 to 32
    const float *bias;  // [valid], may be NULL
    float *out;         // [tokens], rows `stride` apart
    size_t stride;
    int accumulate;
} radphi_panel;

void radphi_panel_scalar(const radphi_panel *panel, const radphi_activations *a);
void radphi_panel_avx2(const radphi_panel *panel, const radphi_activations *a);
void radphi_panel_avx512(const radphi_panel *panel, const radphi_activations *a);

/// Bytes of one block of 32 columns: scales, then quantised values.
enum { RADPHI_Q8_BYTES = 64 + 1024, RADPHI_Q4_BYTES = 64 + 512 };

static inline float radphi_half(uint16_t h) {
    _Float16 value;
    __builtin_memcpy(&value, &h, 2);
    return (float)value;
}

static inline float radphi_brain(uint16_t b) {
    uint32_t bits = (uint32_t)b << 16;
    float value;
    __builtin_memcpy(&value, &bits, 4);
    return value;
}

#endif
