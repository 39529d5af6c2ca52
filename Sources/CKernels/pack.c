// Row-major weights of GGUF types into the panels of kernels.h.

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "half.h"
#include "include/dequantize.h"
#include "include/kernels.h"

enum { TYPE_F32 = 0, TYPE_F16 = 1, TYPE_Q4_0 = 2, TYPE_Q8_0 = 8, TYPE_BF16 = 30 };

static size_t block_bytes(int packing) { return packing == RADPHI_W4 ? 1152 : 2176; }

size_t radphi_packed_size(int packing, int rows, int columns) {
    const size_t panels = (size_t)(rows + RADPHI_PANEL - 1) / RADPHI_PANEL;
    switch (packing) {
    case RADPHI_F32: return panels * RADPHI_PANEL * (size_t)columns * 4;
    case RADPHI_F16:
    case RADPHI_BF16: return panels * RADPHI_PANEL * (size_t)columns * 2;
    case RADPHI_W8:
    case RADPHI_W4: return panels * ((size_t)columns / RADPHI_BLOCK) * block_bytes(packing);
    default: return 0;
    }
}

int radphi_packing_for(uint32_t type) {
    switch (type) {
    case TYPE_F32: return RADPHI_F32;
    case TYPE_F16: return RADPHI_F16;
    case TYPE_BF16: return RADPHI_BF16;
    case TYPE_Q4_0: return RADPHI_W4;
    case 3: case 6: case 7: case TYPE_Q8_0: case 10: case 11: case 12: case 13: case 14: return RADPHI_W8;
    default: return -1;
    }
}

struct pack_job {
    uint32_t type;
    const uint8_t *source;
    size_t row_bytes;
    int rows, columns, packing;
    uint8_t *target;
};

/// Bytes of a row, found by the size that one block takes; 0 when the type is unknown or blocks are not whole.
static size_t bytes_of_row(uint32_t type, int columns) {
    static const struct { uint32_t type; int size; size_t bytes; } forms[] = {
        {0, 1, 4}, {1, 1, 2}, {30, 1, 2}, {2, 32, 18}, {3, 32, 20}, {6, 32, 22}, {7, 32, 24}, {8, 32, 34},
        {10, 256, 84}, {11, 256, 110}, {12, 256, 144}, {13, 256, 176}, {14, 256, 210},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].type == type) return columns % forms[i].size == 0 ? (size_t)(columns / forms[i].size) * forms[i].bytes : 0;
    return 0;
}

/// Q4_0 and Q8_0 keep their bytes and scales; only the order changes.
static void pack_blocks(const struct pack_job *job, int panel, int width) {
    const bool nibbles = job->packing == RADPHI_W4;
    const int groups = nibbles ? 4 : 8, source_block = nibbles ? 18 : 34;
    const size_t bytes = block_bytes(job->packing);
    const int blocks = job->columns / RADPHI_BLOCK;
    const uint8_t *source = job->source + (size_t)panel * RADPHI_PANEL * job->row_bytes;
    uint8_t *target = job->target + (size_t)panel * blocks * bytes;
    const uint32_t flip = nibbles ? 0 : 0x80808080;
    for (int block = 0; block < blocks; block++, target += bytes) {
        uint32_t *quants = (uint32_t *)target;
        uint16_t *scales = (uint16_t *)(target + (size_t)groups * 256);
        for (int row = 0; row < RADPHI_PANEL; row++) {
            uint32_t words[8];
            if (row < width) {
                const uint8_t *from = source + (size_t)row * job->row_bytes + (size_t)block * source_block;
                memcpy(&scales[row], from, 2);
                memcpy(words, from + 2, (size_t)groups * 4);
            } else {
                scales[row] = 0;
                memset(words, 0, sizeof words);
            }
            for (int g = 0; g < groups; g++) quants[g * 64 + row] = words[g] ^ flip;
        }
    }
}

/// Any other quantised type: each block of 32 anew with 8 bits.
static void pack_requantized(const struct pack_job *job, int panel, int width, float *row_values) {
    const int blocks = job->columns / RADPHI_BLOCK;
    uint8_t *target = job->target + (size_t)panel * blocks * block_bytes(RADPHI_W8);
    for (int row = 0; row < RADPHI_PANEL; row++) {
        if (row < width)
            radphi_dequantize(job->type, job->source + (size_t)(panel * RADPHI_PANEL + row) * job->row_bytes, row_values, job->columns);
        else
            memset(row_values, 0, (size_t)job->columns * sizeof(float));
        for (int block = 0; block < blocks; block++) {
            const float *values = row_values + block * RADPHI_BLOCK;
            uint8_t *bytes = target + (size_t)block * block_bytes(RADPHI_W8);
            float top = 0;
            for (int i = 0; i < RADPHI_BLOCK; i++) top = fmaxf(top, fabsf(values[i]));
            // Rounded up, so that the largest number still fits into 127 steps.
            uint16_t half = radphi_half_from_float(top / 127.0f);
            if (radphi_float_from_half(half) < top / 127.0f) half++;
            const float scale = radphi_float_from_half(half);
            memcpy(bytes + 2048 + row * 2, &half, 2);
            for (int i = 0; i < RADPHI_BLOCK; i++) {
                float q = scale > 0 ? rintf(values[i] / scale) : 0;
                q = q > 127 ? 127 : q < -127 ? -127 : q;
                bytes[(i / 4) * 256 + row * 4 + i % 4] = (uint8_t)((int)q + 128);
            }
        }
    }
}

static void pack_plain(const struct pack_job *job, int panel, int width) {
    const size_t number = job->packing == RADPHI_F32 ? 4 : 2;
    uint8_t *target = job->target + (size_t)panel * RADPHI_PANEL * (size_t)job->columns * number;
    // Eight columns at a time, so that each row's line is read once and the panel's lines stay in the cache while they fill.
    for (int column = 0; column < job->columns; column += 8) {
        const int columns = job->columns - column < 8 ? job->columns - column : 8;
        for (int row = 0; row < RADPHI_PANEL; row++) {
            uint8_t *to = target + ((size_t)column * RADPHI_PANEL + (size_t)row) * number;
            const uint8_t *from = job->source + (size_t)(panel * RADPHI_PANEL + row) * job->row_bytes + (size_t)column * number;
            for (int i = 0; i < columns; i++, to += RADPHI_PANEL * number, from += number) {
                if (row >= width) memset(to, 0, number);
                else if (number == 4) memcpy(to, from, 4);
                else memcpy(to, from, 2);
            }
        }
    }
}

static void pack_task(const void *context, int panel, void *scratch) {
    const struct pack_job *job = context;
    const int left = job->rows - panel * RADPHI_PANEL;
    const int width = left < RADPHI_PANEL ? left : RADPHI_PANEL;
    if (job->packing < RADPHI_W8) pack_plain(job, panel, width);
    else if (job->type == TYPE_Q4_0 || job->type == TYPE_Q8_0) pack_blocks(job, panel, width);
    else pack_requantized(job, panel, width, scratch);
}

bool radphi_pack(radphi_pool *pool, uint32_t type, const void *source, int rows, int columns, int packing, void *target) {
    const struct pack_job job = {type, source, bytes_of_row(type, columns), rows, columns, packing, target};
    if (job.row_bytes == 0 || packing != radphi_packing_for(type) || rows <= 0) return false;
    return radphi_pool_run(pool, pack_task, &job, (rows + RADPHI_PANEL - 1) / RADPHI_PANEL, (size_t)columns * sizeof(float));
}
