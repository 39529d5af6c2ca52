#include "gemm_levels.h"

// The portable reference: what the other levels are tested against.

static void block_sums(const radphi_panel *p, const uint8_t *block, const int8_t *q, int32_t sum, int32_t *out) {
    for (int n = 0; n < 32; n++) {
        int32_t s = 0;
        for (int k = 0; k < 32; k++) {
            int w;
            if (p->format == RADPHI_Q8) w = block[64 + (k / 4) * 128 + n * 4 + k % 4];
            else {
                uint8_t byte = block[64 + (k / 8) * 128 + n * 4 + k % 4];
                w = (k / 4) % 2 ? byte >> 4 : byte & 15;
            }
            s += w * q[k];
        }
        out[n] = s - (p->format == RADPHI_Q8 ? 128 : 8) * sum;
    }
}

void radphi_panel_scalar(const radphi_panel *p, const radphi_activations *a) {
    const int blocks = (a->columns + 31) / 32;
    for (int t = 0; t < a->tokens; t++) {
        float sums[32] = {0};
        if (p->format >= RADPHI_Q8) {
            const size_t bytes = p->format == RADPHI_Q8 ? RADPHI_Q8_BYTES : RADPHI_Q4_BYTES;
            for (int b = 0; b < blocks; b++) {
                const uint8_t *block = p->weights + b * bytes;
                int32_t s[32];
                block_sums(p, block, a->q + ((size_t)t * blocks + b) * 32, a->sums[(size_t)t * blocks + b], s);
                for (int n = 0; n < 32; n++) {
                    uint16_t h;
                    __builtin_memcpy(&h, block + 2 * n, 2);
                    sums[n] = __builtin_fmaf((float)s[n], radphi_half(h) * a->scales[(size_t)t * blocks + b], sums[n]);
                }
            }
        } else {
            const float *x = a->x + (size_t)t * a->columns;
            for (int k = 0; k < a->columns; k++)
                for (int n = 0; n < 32; n++) {
                    const size_t at = (size_t)k * 32 + n;
                    const float w = p->format == RADPHI_F32   ? ((const float *)p->weights)[at]
                                    : p->format == RADPHI_F16 ? radphi_half(((const uint16_t *)p->weights)[at])
                                                              : radphi_brain(((const uint16_t *)p->weights)[at]);
                    sums[n] = __builtin_fmaf(w, x[k], sums[n]);
                }
        }
        float *out = p->out + (size_t)t * p->stride;
        for (int n = 0; n < p->valid; n++) {
            const float value = sums[n] + (p->bias ? p->bias[n] : 0);
            out[n] = p->accumulate ? out[n] + value : value;
        }
    }
}
