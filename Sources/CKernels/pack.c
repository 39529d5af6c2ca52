#include <math.h>
#include <string.h>

#include "dequantize.h"
#include "gemm_levels.h"

size_t radphi_panel_bytes(radphi_format format, int columns) {
    const size_t blocks = ((size_t)columns + 31) / 32;
    switch (format) {
        case RADPHI_F32: return (size_t)columns * 128;
        case RADPHI_F16:
        case RADPHI_BF16: return (size_t)columns * 64;
        case RADPHI_Q8: return blocks * RADPHI_Q8_BYTES;
        case RADPHI_Q4: return blocks * RADPHI_Q4_BYTES;
    }
    return 0;
}

static uint16_t to_half(float x) {
    const _Float16 h = (_Float16)x;
    uint16_t bits;
    memcpy(&bits, &h, 2);
    return bits;
}

static void put_q8(uint8_t *block, int n, uint16_t scale, const int8_t *q) {
    memcpy(block + 2 * n, &scale, 2);
    for (int k = 0; k < 32; k++) block[64 + (k / 4) * 128 + n * 4 + k % 4] = (uint8_t)(q[k] + 128);
}

/// A block of GGUF's q4_0: fp16 scale, then 16 bytes whose low nibbles are columns 0-15 and high nibbles columns 16-31.
static void put_q4(uint8_t *block, int n, const uint8_t *source) {
    memcpy(block + 2 * n, source, 2);
    for (int k = 0; k < 32; k++) {
        const uint8_t value = k < 16 ? source[2 + k] & 15 : source[2 + k - 16] >> 4;
        block[64 + (k / 8) * 128 + n * 4 + k % 4] |= (uint8_t)((k / 4) % 2 ? value << 4 : value);
    }
}

static void requantize_q8(const float *x, int count, uint16_t *scale, int8_t *q) {
    float top = 0;
    for (int k = 0; k < count; k++) top = fmaxf(top, fabsf(x[k]));
    *scale = to_half(top / 127);
    float step = radphi_half(*scale);
    // Beyond fp16's range or below its smallest step: the nearest representable.
    if (!isfinite(step)) { *scale = 0x7BFF; step = radphi_half(*scale); }
    for (int k = 0; k < 32; k++) {
        const float value = k < count && step > 0 ? roundf(x[k] / step) : 0;
        q[k] = (int8_t)fmaxf(-127, fminf(127, value));
    }
}

void radphi_pack_panel(radphi_format format, uint32_t type, const void *rows, size_t row_bytes, int count, int columns, void *panel, float *scratch) {
    enum { GGUF_F16 = 1, GGUF_Q4_0 = 2, GGUF_Q8_0 = 8, GGUF_BF16 = 30 };
    uint8_t *out = panel;
    const int blocks = (columns + 31) / 32;
    memset(out, 0, radphi_panel_bytes(format, columns));
    for (int n = 0; n < count && n < RADPHI_PANEL; n++) {
        const uint8_t *row = (const uint8_t *)rows + (size_t)n * row_bytes;
        if (format == RADPHI_Q4) {
            if (type != GGUF_Q4_0) continue;
            for (int b = 0; b < blocks; b++) put_q4(out + (size_t)b * RADPHI_Q4_BYTES, n, row + (size_t)b * 18);
        } else if (format == RADPHI_Q8 && type == GGUF_Q8_0) {
            for (int b = 0; b < blocks; b++) {
                uint16_t scale;
                memcpy(&scale, row + (size_t)b * 34, 2);
                put_q8(out + (size_t)b * RADPHI_Q8_BYTES, n, scale, (const int8_t *)row + (size_t)b * 34 + 2);
            }
        } else if ((format == RADPHI_F16 && type == GGUF_F16) || (format == RADPHI_BF16 && type == GGUF_BF16)) {
            for (int k = 0; k < columns; k++) memcpy(out + ((size_t)k * 32 + n) * 2, row + (size_t)k * 2, 2);
        } else {
            radphi_dequantize(type, row, scratch, columns);
            if (format == RADPHI_F32) {
                for (int k = 0; k < columns; k++) memcpy(out + ((size_t)k * 32 + n) * 4, scratch + k, 4);
            } else if (format == RADPHI_Q8) {
                for (int b = 0; b < blocks; b++) {
                    uint16_t scale;
                    int8_t q[32];
                    requantize_q8(scratch + b * 32, columns - b * 32 < 32 ? columns - b * 32 : 32, &scale, q);
                    put_q8(out + (size_t)b * RADPHI_Q8_BYTES, n, scale, q);
                }
            }
        }
    }
}
