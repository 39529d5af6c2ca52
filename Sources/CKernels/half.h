#ifndef CKERNELS_HALF_H
#define CKERNELS_HALF_H

#include <stdint.h>
#include <string.h>

// IEEE binary16 and bfloat16, bit by bit: no instruction set beyond the base one is assumed. Private to CKernels.

static inline float radphi_float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t radphi_bits_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float radphi_float_from_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t rest = (uint32_t)(half & 0x7FFF) << 13;
    // Normal numbers: rebias the exponent by 112. Infinity and NaN: by 224. Subnormal numbers: let the FPU normalise them.
    const uint32_t normal = rest + (112u << 23);
    const uint32_t special = rest + (224u << 23);
    const uint32_t subnormal = radphi_bits_from_float(radphi_float_from_bits(rest + (113u << 23)) - radphi_float_from_bits(113u << 23));
    const uint32_t exponent = rest & (0x1Fu << 23);
    const uint32_t magnitude = exponent == 0 ? subnormal : exponent == (0x1Fu << 23) ? special : normal;
    return radphi_float_from_bits(sign | magnitude);
}

// Round to nearest, ties to even; what is too large becomes infinity.
static inline uint16_t radphi_half_from_float(float value) {
    const uint32_t bits = radphi_bits_from_float(value);
    const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
    const uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return sign | 0x7E00;
    if (magnitude >= 0x477FF000) return sign | 0x7C00; // 65520 and above
    if (magnitude < 0x38800000) {
        // Below the smallest normal half: adding 0.5 leaves the rounded subnormal in the low bits.
        const float shifted = radphi_float_from_bits(magnitude) + 0.5f;
        return sign | (uint16_t)(radphi_bits_from_float(shifted) - 0x3F000000);
    }
    const uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1) - (112u << 23);
    return sign | (uint16_t)(rounded >> 13);
}

static inline float radphi_float_from_bfloat(uint16_t value) {
    return radphi_float_from_bits((uint32_t)value << 16);
}

static inline uint16_t radphi_bfloat_from_float(float value) {
    const uint32_t bits = radphi_bits_from_float(value);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)((bits >> 16) | 64);
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static inline float radphi_load_half(const uint8_t *at) {
    uint16_t half;
    memcpy(&half, at, sizeof half);
    return radphi_float_from_half(half);
}

#endif
