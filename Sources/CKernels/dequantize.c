#include "dequantize.h"
#include "half.h"

// Every block type's layout, in the order of its bytes. d, m: binary16 scale and minimum. qs: packed low bits. qh: packed high bits.
// The arithmetic is the one of the format's reference (multiply, then add, each rounded), so results agree to the bit with the
// `gguf` Python package.
#pragma STDC FP_CONTRACT OFF

// The loops vectorise; a second copy for AVX2 is chosen by the loader where the processor has it.
#if defined(__x86_64__) && defined(__linux__)
#define FAST __attribute__((target_clones("avx2", "default")))
#else
#define FAST
#endif

FAST static void dequantize_f16(const uint8_t *source, float *target, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, source + 2 * i, sizeof half);
        target[i] = radphi_float_from_half(half);
    }
}

FAST static void dequantize_bf16(const uint8_t *source, float *target, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        uint16_t value;
        memcpy(&value, source + 2 * i, sizeof value);
        target[i] = radphi_float_from_bfloat(value);
    }
}

// d[2] qs[16]: number j in the low nibble of byte j, number j + 16 in its high nibble; (q - 8) d
FAST static void dequantize_q4_0(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 32, source += 18, target += 32) {
        const float d = radphi_load_half(source);
        for (int j = 0; j < 16; j++) {
            target[j] = d * (float)((source[2 + j] & 15) - 8);
            target[j + 16] = d * (float)((source[2 + j] >> 4) - 8);
        }
    }
}

// d[2] m[2] qs[16]: q d + m
FAST static void dequantize_q4_1(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 32, source += 20, target += 32) {
        const float d = radphi_load_half(source);
        const float m = radphi_load_half(source + 2);
        for (int j = 0; j < 16; j++) {
            target[j] = d * (float)(source[4 + j] & 15) + m;
            target[j + 16] = d * (float)(source[4 + j] >> 4) + m;
        }
    }
}

// d[2] qh[4] qs[16]: bit j of qh is the fifth bit of number j; (q - 16) d
FAST static void dequantize_q5_0(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 32, source += 22, target += 32) {
        const float d = radphi_load_half(source);
        uint32_t high;
        memcpy(&high, source + 2, sizeof high);
        for (int j = 0; j < 16; j++) {
            const int low = (source[6 + j] & 15) | (int)(((high >> j) & 1) << 4);
            const int top = (source[6 + j] >> 4) | (int)(((high >> (j + 16)) & 1) << 4);
            target[j] = d * (float)(low - 16);
            target[j + 16] = d * (float)(top - 16);
        }
    }
}

// d[2] m[2] qh[4] qs[16]: q d + m
FAST static void dequantize_q5_1(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 32, source += 24, target += 32) {
        const float d = radphi_load_half(source);
        const float m = radphi_load_half(source + 2);
        uint32_t high;
        memcpy(&high, source + 4, sizeof high);
        for (int j = 0; j < 16; j++) {
            const int low = (source[8 + j] & 15) | (int)(((high >> j) & 1) << 4);
            const int top = (source[8 + j] >> 4) | (int)(((high >> (j + 16)) & 1) << 4);
            target[j] = d * (float)low + m;
            target[j + 16] = d * (float)top + m;
        }
    }
}

// d[2] qs[32] signed: q d
FAST static void dequantize_q8_0(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 32, source += 34, target += 32) {
        const float d = radphi_load_half(source);
        for (int j = 0; j < 32; j++) target[j] = d * (float)(int8_t)source[2 + j];
    }
}

// scales[16]: low nibble scale, high nibble minimum, of 16 numbers each; qs[64]; d[2] dmin[2]
// qs holds two halves of 128 numbers in 32 bytes each: numbers 32 s … 32 s + 31 of a half are its bits 2 s, 2 s + 1.
FAST static void dequantize_q2_K(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 256, source += 84, target += 256) {
        const float d = radphi_load_half(source + 80);
        const float dmin = radphi_load_half(source + 82);
        for (int group = 0; group < 16; group++) {
            const float scale = d * (float)(source[group] & 15);
            const float minimum = dmin * (float)(source[group] >> 4);
            const uint8_t *packed = source + 16 + (group / 8) * 32 + (group % 2) * 16;
            const int shift = (group % 8) / 2 * 2;
            for (int j = 0; j < 16; j++) target[group * 16 + j] = scale * (float)((packed[j] >> shift) & 3) - minimum;
        }
    }
}

// hmask[32] qs[64] scales[12] d[2]
// Low two bits as in q2_K; bit b of hmask[j] belongs to number 32 b + j, and 4 is taken off where it is 0. Sixteen 6-bit scales, offset 32:
// the low nibbles of scales 0-7 and 8-15 are the nibbles of bytes 0-7, their upper two bits are in bytes 8-11.
FAST static void dequantize_q3_K(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 256, source += 110, target += 256) {
        const uint8_t *scales = source + 96;
        const float d = radphi_load_half(source + 108);
        for (int group = 0; group < 16; group++) {
            const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
            const int high = (scales[8 + group % 4] >> (2 * (group / 4))) & 3;
            const float scale = d * (float)((low | high << 4) - 32);
            const uint8_t *packed = source + 32 + (group / 8) * 32 + (group % 2) * 16;
            const uint8_t *mask = source + (group % 2) * 16;
            const int shift = (group % 8) / 2 * 2;
            const int bit = group / 2;
            for (int j = 0; j < 16; j++) {
                const int offset = ((mask[j] >> bit) & 1) ? 0 : 4;
                target[group * 16 + j] = scale * (float)(((packed[j] >> shift) & 3) - offset);
            }
        }
    }
}

// Eight 6-bit scales and eight 6-bit minima in 12 bytes, shared by q4_K and q5_K.
static inline void unpack_scale(const uint8_t *scales, int group, float *scale, float *minimum) {
    if (group < 4) {
        *scale = (float)(scales[group] & 63);
        *minimum = (float)(scales[group + 4] & 63);
    } else {
        *scale = (float)((scales[group + 4] & 15) | (scales[group - 4] >> 6) << 4);
        *minimum = (float)((scales[group + 4] >> 4) | (scales[group] >> 6) << 4);
    }
}

// d[2] dmin[2] scales[12] qs[128]: numbers of group 2 k are the low nibbles of qs[32 k …], of group 2 k + 1 the high ones
FAST static void dequantize_q4_K(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 256, source += 144, target += 256) {
        const float d = radphi_load_half(source);
        const float dmin = radphi_load_half(source + 2);
        for (int group = 0; group < 8; group++) {
            float scale, minimum;
            unpack_scale(source + 4, group, &scale, &minimum);
            scale = d * scale;
            minimum = dmin * minimum;
            const uint8_t *packed = source + 16 + group / 2 * 32;
            const int shift = group % 2 * 4;
            for (int j = 0; j < 32; j++) target[group * 32 + j] = scale * (float)((packed[j] >> shift) & 15) - minimum;
        }
    }
}

// d[2] dmin[2] scales[12] qh[32] qs[128]: as q4_K; bit g of qh[j] is the fifth bit of number j of group g
FAST static void dequantize_q5_K(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 256, source += 176, target += 256) {
        const float d = radphi_load_half(source);
        const float dmin = radphi_load_half(source + 2);
        const uint8_t *high = source + 16;
        for (int group = 0; group < 8; group++) {
            float scale, minimum;
            unpack_scale(source + 4, group, &scale, &minimum);
            scale = d * scale;
            minimum = dmin * minimum;
            const uint8_t *packed = source + 48 + group / 2 * 32;
            const int shift = group % 2 * 4;
            for (int j = 0; j < 32; j++) {
                const int q = ((packed[j] >> shift) & 15) | ((high[j] >> group) & 1) << 4;
                target[group * 32 + j] = scale * (float)q - minimum;
            }
        }
    }
}

// ql[128] qh[64] scales[16] signed d[2]: each half of 128 numbers has 64 bytes of ql and 32 of qh; numbers 32 s … 32 s + 31 of a half
// have their low nibble in ql[32 (s % 2) + j], low half first, and their upper two bits in bits 2 s, 2 s + 1 of qh[j]; (q - 32) d scale
FAST static void dequantize_q6_K(const uint8_t *source, float *target, int64_t count) {
    for (; count > 0; count -= 256, source += 210, target += 256) {
        const float d = radphi_load_half(source + 208);
        for (int group = 0; group < 16; group++) {
            const int half = group / 8;
            const int quarter = group % 8 / 2;
            const float scale = d * (float)(int8_t)source[192 + group];
            const uint8_t *low = source + half * 64 + quarter % 2 * 32 + group % 2 * 16;
            const uint8_t *high = source + 128 + half * 32 + group % 2 * 16;
            const int nibble = quarter / 2 * 4;
            const int shift = quarter * 2;
            for (int j = 0; j < 16; j++) {
                const int q = ((low[j] >> nibble) & 15) | ((high[j] >> shift) & 3) << 4;
                target[group * 16 + j] = scale * (float)(q - 32);
            }
        }
    }
}

void radphi_dequantize(uint32_t type, const void *source, float *target, int64_t count) {
    switch (type) {
    case 0: memcpy(target, source, (size_t)count * sizeof(float)); break;
    case 1: dequantize_f16(source, target, count); break;
    case 2: dequantize_q4_0(source, target, count); break;
    case 3: dequantize_q4_1(source, target, count); break;
    case 6: dequantize_q5_0(source, target, count); break;
    case 7: dequantize_q5_1(source, target, count); break;
    case 8: dequantize_q8_0(source, target, count); break;
    case 10: dequantize_q2_K(source, target, count); break;
    case 11: dequantize_q3_K(source, target, count); break;
    case 12: dequantize_q4_K(source, target, count); break;
    case 13: dequantize_q5_K(source, target, count); break;
    case 14: dequantize_q6_K(source, target, count); break;
    case 30: dequantize_bf16(source, target, count); break;
    default: break;
    }
}
