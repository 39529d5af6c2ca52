#include "dequantize.h"
#include "half.h"

#include <math.h>

// Rounding and the choice of scales follow llama.cpp's reference quantisers, so that a file made here holds the bytes one made there does.
#pragma STDC FP_CONTRACT OFF

// d = largest magnitude / 127; numbers rounded half away from zero
static void quantize_q8_0(const float *source, uint8_t *target, int64_t count) {
    for (; count > 0; count -= 32, source += 32, target += 34) {
        float largest = 0;
        for (int j = 0; j < 32; j++) largest = fmaxf(largest, fabsf(source[j]));
        const float d = largest / 127;
        const float inverse = d != 0 ? 1 / d : 0;
        const uint16_t half = radphi_half_from_float(d);
        memcpy(target, &half, sizeof half);
        for (int j = 0; j < 32; j++) target[2 + j] = (uint8_t)(int8_t)fmaxf(-128, fminf(127, roundf(source[j] * inverse)));
    }
}

// d = the number of largest magnitude / -8; the first such number counts
static void quantize_q4_0(const float *source, uint8_t *target, int64_t count) {
    for (; count > 0; count -= 32, source += 32, target += 18) {
        float largest = 0, signed_largest = 0;
        for (int j = 0; j < 32; j++) {
            if (fabsf(source[j]) > largest) {
                largest = fabsf(source[j]);
                signed_largest = source[j];
            }
        }
        const float d = signed_largest / -8;
        const float inverse = d != 0 ? 1 / d : 0;
        const uint16_t half = radphi_half_from_float(d);
        memcpy(target, &half, sizeof half);
        for (int j = 0; j < 16; j++) {
            const float low = fmaxf(0, fminf(15, truncf(source[j] * inverse + 8.5f)));
            const float high = fmaxf(0, fminf(15, truncf(source[j + 16] * inverse + 8.5f)));
            target[2 + j] = (uint8_t)((uint8_t)low | (uint8_t)high << 4);
        }
    }
}

void radphi_quantize(uint32_t type, const float *source, void *target, int64_t count) {
    uint8_t *bytes = target;
    switch (type) {
    case 0: memcpy(target, source, (size_t)count * sizeof(float)); break;
    case 1:
        for (int64_t i = 0; i < count; i++) {
            const uint16_t half = radphi_half_from_float(source[i]);
            memcpy(bytes + 2 * i, &half, sizeof half);
        }
        break;
    case 2: quantize_q4_0(source, bytes, count); break;
    case 8: quantize_q8_0(source, bytes, count); break;
    case 30:
        for (int64_t i = 0; i < count; i++) {
            const uint16_t value = radphi_bfloat_from_float(source[i]);
            memcpy(bytes + 2 * i, &value, sizeof value);
        }
        break;
    default: break;
    }
}

int radphi_all_finite(const float *values, int64_t count) {
    // The exponent of infinity and NaN is all ones; the largest magnitude tells of any.
    uint32_t largest = 0;
    for (int64_t i = 0; i < count; i++) {
        const uint32_t magnitude = radphi_bits_from_float(values[i]) & 0x7FFFFFFF;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest < 0x7F800000;
}
