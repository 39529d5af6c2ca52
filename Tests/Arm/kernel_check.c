// Compares every instruction set of the processor with the scalar reference, to the bit: rows, products of all packings and attention.
// Plain C, so that it can be cross-compiled and run under an emulator; on x86-64 the Swift tests do the same and more.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dequantize.h"
#include "kernels.h"

static uint64_t state = 1;
static float number(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(state >> 32) * 0x1p-31f;
}
static float *numbers(size_t count) {
    float *x = malloc(count * sizeof *x);
    for (size_t i = 0; i < count; i++) x[i] = number();
    return x;
}
static void *room(size_t size) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, (size + 63) / 64 * 64) != 0) exit(2);
    memset(memory, 0, size);
    return memory;
}

static int failures, checks;
static void same(const char *what, const void *a, const void *b, size_t size, int x, int y) {
    checks++;
    if (memcmp(a, b, size) != 0) {
        failures++;
        printf("%s differs from the reference (%d, %d)\n", what, x, y);
    }
}

static radphi_rows rows_of(const float *values, int count, int columns, radphi_pool *pool, int set) {
    radphi_rows rows = {room((size_t)count * columns * 4), columns, room((size_t)count * columns), room((size_t)count * columns / 8), room((size_t)count * columns / 8)};
    memcpy(rows.values, values, (size_t)count * columns * 4);
    radphi_quantize_rows(pool, set, &rows, count, columns);
    return rows;
}

static void check_products(radphi_pool *pool, int set) {
    static const uint32_t types[] = {0, 1, 30, 8, 2};
    static const int counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 33};
    const int rows = 160, columns = 288;
    for (int t = 0; t < 5; t++) {
        const uint32_t type = types[t];
        float *dense = numbers((size_t)rows * columns), *bias = numbers(rows);
        uint8_t *stored = room((size_t)rows * columns * 4);
        radphi_quantize(type, dense, stored, (int64_t)rows * columns);
        const int packing = radphi_packing_for(type);
        void *packed = room(radphi_packed_size(packing, rows, columns));
        if (!radphi_pack(pool, type, stored, rows, columns, packing, packed)) exit(2);
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            const int count = counts[c];
            float *input = numbers((size_t)count * columns);
            for (int epilogue = RADPHI_STORE; epilogue <= RADPHI_GELU_QUANTIZE; epilogue++) {
                radphi_rows out[2];
                for (int side = 0; side < 2; side++) {
                    const int with = side ? set : RADPHI_SCALAR;
                    out[side] = (radphi_rows){room((size_t)count * rows * 4), rows, room((size_t)count * rows), room((size_t)count * rows / 8), room((size_t)count * rows / 8)};
                    const radphi_product product = {
                        .matrix = {{packed, packing, rows, columns}}, .input = {rows_of(input, count, columns, pool, with)}, .parts = 1, .count = count, .bias = bias,
                        .epilogue = epilogue, .out = out[side]};
                    if (!radphi_multiply(pool, with, &product, 1)) exit(2);
                }
                same("product", out[0].values, out[1].values, (size_t)count * rows * 4, (int)type, count);
                same("quants", out[0].quants, out[1].quants, (size_t)count * rows, (int)type, count);
                same("scales", out[0].scales, out[1].scales, (size_t)count * rows / 8, (int)type, count);
            }
        }
    }
}

static void check_rows(radphi_pool *pool, int set) {
    const int count = 9, columns = 288;
    float *x = numbers((size_t)count * columns), *weight = numbers(columns), *bias = numbers(columns);
    radphi_rows out[2];
    for (int side = 0; side < 2; side++) {
        out[side] = rows_of(x, count, columns, pool, side ? set : RADPHI_SCALAR);
        radphi_norm_rows(pool, side ? set : RADPHI_SCALAR, x, count, columns, weight, bias, 1e-5f, &out[side]);
    }
    same("norm", out[0].values, out[1].values, (size_t)count * columns * 4, count, columns);
    same("quants of a norm", out[0].quants, out[1].quants, (size_t)count * columns, count, columns);
}

static void check_attention(radphi_pool *pool, int set) {
    const int heads = 4, size = 40, hidden = heads * size, count = 70, rotary = 16, capacity = 128, padded = 48;
    float *angles = numbers((size_t)capacity * rotary), *values = numbers((size_t)count * hidden * 3);
    for (int packing = RADPHI_F32; packing <= RADPHI_F16; packing++) {
        float *out[2];
        for (int side = 0; side < 2; side++) {
            float *projected = room((size_t)count * hidden * 12);
            memcpy(projected, values, (size_t)count * hidden * 12);
            out[side] = room((size_t)count * hidden * 4);
            const radphi_sequence sequence = {
                .keys = room((size_t)heads * capacity * size * 4), .values = room((size_t)heads * capacity * padded * 4), .capacity = capacity, .count = count, .queries = count};
            const radphi_attention_job job = {
                .query = projected, .key = projected + hidden, .value = projected + 2 * hidden, .query_stride = 3 * hidden, .key_stride = 3 * hidden,
                .value_stride = 3 * hidden, .out = out[side], .out_stride = hidden, .cosines = angles, .sines = angles + capacity * rotary / 2, .heads = heads,
                .shared_heads = heads, .head_size = size, .rotary = rotary, .packing = packing, .sequences = &sequence, .sequence_count = 1};
            if (!radphi_attend(pool, side ? set : RADPHI_SCALAR, &job)) exit(2);
        }
        same("attention", out[0], out[1], (size_t)count * hidden * 4, packing, size);
    }
}

int main(void) {
    static const char *names[] = {"scalar", "AVX2", "AVX-512", "NEON", "AVX2 with VNNI"};
    radphi_pool *pool = radphi_pool_create(2);
    int found = 0;
    for (int set = RADPHI_SCALAR + 1; set < RADPHI_INSTRUCTION_SETS; set++) {
        if (!radphi_has_instructions((radphi_instructions)set)) continue;
        found++;
        checks = 0;
        check_rows(pool, set);
        check_products(pool, set);
        check_attention(pool, set);
        printf("%s: %d comparisons with the scalar reference, %d differ in all so far\n", names[set], checks, failures);
    }
    if (!found) printf("no instruction set beyond the reference here\n");
    return failures > 0 || !found;
}
