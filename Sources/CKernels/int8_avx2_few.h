// A few rows on AVX2: they wait for memory, which is to be read once and from one end to the other. Included by int8_avx2.h.

enum {
    FEW_ROWS = 10, // their sums of 8 columns fill so many of the 16 registers
    // Bytes of weights that memory is asked for in advance; found by trial.
    AHEAD_OF_ONE = 1280,
    AHEAD_OF_FEW = 2304,
};

// MARK: One row

/// 64 columns at a time, in the order in which they are stored.
INLINE void one_row(bool nibbles, const uint8_t *weights, int blocks, const int8_t *x, const float *row_scales, const int32_t *row_sums, float *sums) {
    const ymm half = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1), middle = _mm256_set1_epi8((char)0x80);
    for (int block = 0; block < blocks; block++) {
        const int steps = nibbles ? 4 : 8;
        ymm dot[8];
        UNROLL for (int i = 0; i < 8; i++) dot[i] = _mm256_set1_epi32(nibbles ? w4_start(row_sums[block]) : 0);
        ROLLED for (int q = 0; q < steps; q++) {
            UNROLL for (int i = 0; i < 256; i += 64) __builtin_prefetch(weights + AHEAD_OF_ONE + i);
            const ymm a = four_bytes(x + q * 4), b = nibbles ? four_bytes(x + 16 + q * 4) : a;
            UNROLL for (int i = 0; i < 8; i++) {
                const ymm w = load_ymm(weights + i * 32);
                if (nibbles) {
                    // As in tile_w4 of int8_avx2_many.h: the block's sum fits into 16 bits.
                    dot[i] = _mm256_add_epi16(dot[i], _mm256_maddubs_epi16(_mm256_and_si256(w, half), a));
                    dot[i] = _mm256_add_epi16(dot[i], _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(w, 4), half), b));
                } else {
                    const ymm value = _mm256_xor_si256(w, middle);
                    dot[i] = _mm256_add_epi32(dot[i], dot_signed_bytes(_mm256_abs_epi8(value), value, a));
                }
            }
            weights += 256;
        }
        UNROLL for (int i = 0; i < 8; i++)
            add_scaled(nibbles ? _mm256_madd_epi16(dot[i], ones) : dot[i], row_scales[block], eight_scales(weights + i * 16), sums + i * 8);
        KEEP_IN_MEMORY;
        weights += 128;
        x += 32;
    }
}

// MARK: Two to ten rows
//
// Arranged, they are for each block: int32 starts[rows] (W4 alone), fp32 scales[rows], quants [8][rows][4].

INLINE size_t few_block(int count) { return (size_t)count * (4 + 4 + 32); }

_Static_assert((int)FEW_ROWS <= RADPHI_ARRANGED_ROWS, "a few rows are arranged as one task");

static size_t few_size(int count, int columns) { return few_block(count) * (columns / 32); }

static void arrange_few(int packing, const radphi_rows *rows, int count, int columns, void *arranged) {
    const int blocks = columns / 32;
    for (int r = 0; r < count; r++)
        for (int block = 0; block < blocks; block++) {
            uint8_t *to = (uint8_t *)arranged + block * few_block(count);
            const size_t from = (size_t)r * blocks + block;
            const int32_t start = packing == RADPHI_W4 ? w4_start(rows->sums[from]) : 0;
            memcpy(to + r * 4, &start, 4);
            memcpy(to + (count + r) * 4, rows->scales + from, 4);
            for (int q = 0; q < 8; q++) memcpy(to + ((2 + q) * count + r) * 4, rows->quants + from * 32 + q * 4, 4);
        }
}

/// All rows meet 8 columns of a block, then the next 8, so that weights are taken apart once; four columns of a row are one load.
INLINE void few_tile(int packing, int rows, const uint8_t *weights, const uint8_t *x, int blocks, float *sums) {
    const ymm half = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1), middle = _mm256_set1_epi8((char)0x80);
    const int part = (int)stored_block(packing) / 8;
    for (int block = 0; block < blocks; block++) {
        const float *row_scales = (const float *)(x + rows * 4);
        const uint8_t *quants = x + rows * 8;
        ROLLED for (int c = 0; c < 8; c++) {
            UNROLL for (int i = 0; i < part; i += 64) __builtin_prefetch(weights + AHEAD_OF_FEW + c * part + i);
            ymm dot[FEW_ROWS];
            if (packing == RADPHI_W4) {
                // As in tile_w4 of int8_avx2_many.h.
                UNROLL for (int r = 0; r < rows; r++) dot[r] = four_bytes(x + r * 4);
                ROLLED for (int q = 0; q < 4; q++) {
                    const ymm w = load_ymm(weights + q * 256 + c * 32);
                    const ymm low = _mm256_and_si256(w, half), high = _mm256_and_si256(_mm256_srli_epi16(w, 4), half);
                    UNROLL for (int r = 0; r < rows; r++)
                        dot[r] = _mm256_add_epi16(dot[r], _mm256_maddubs_epi16(low, four_bytes(quants + (q * rows + r) * 4)));
                    UNROLL for (int r = 0; r < rows; r++)
                        dot[r] = _mm256_add_epi16(dot[r], _mm256_maddubs_epi16(high, four_bytes(quants + ((q + 4) * rows + r) * 4)));
                }
                UNROLL for (int r = 0; r < rows; r++) dot[r] = _mm256_madd_epi16(dot[r], ones);
            } else {
                UNROLL for (int r = 0; r < rows; r++) dot[r] = _mm256_setzero_si256();
                ROLLED for (int q = 0; q < 8; q++) {
                    const ymm value = _mm256_xor_si256(load_ymm(weights + q * 256 + c * 32), middle), size = _mm256_abs_epi8(value);
                    UNROLL for (int r = 0; r < rows; r++)
                        dot[r] = _mm256_add_epi32(dot[r], dot_signed_bytes(size, value, four_bytes(quants + (q * rows + r) * 4)));
                }
            }
            const __m256 scale = eight_scales(weights + stored_scales(packing) + c * 16);
            UNROLL for (int r = 0; r < rows; r++) add_scaled(dot[r], row_scales[r], scale, sums + r * RADPHI_PANEL + c * 8);
            KEEP_IN_MEMORY;
        }
        weights += stored_block(packing);
        x += few_block(rows);
    }
}

#define EACH(DO) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10)
#define FEW_TILES(rows) \
    __attribute__((noinline)) static void few_w4_##rows(const uint8_t *weights, const uint8_t *x, int blocks, float *sums) { \
        few_tile(RADPHI_W4, rows, weights, x, blocks, sums); \
    } \
    __attribute__((noinline)) static void few_w8_##rows(const uint8_t *weights, const uint8_t *x, int blocks, float *sums) { \
        few_tile(RADPHI_W8, rows, weights, x, blocks, sums); \
    }
EACH(FEW_TILES)

INLINE void few_rows(int packing, const uint8_t *weights, const uint8_t *arranged, int blocks, int count, float *sums) {
    switch (count) {
#define CASE(rows) \
    case rows: \
        if (packing == RADPHI_W4) few_w4_##rows(weights, arranged, blocks, sums); \
        else few_w8_##rows(weights, arranged, blocks, sums); \
        break;
        EACH(CASE)
#undef CASE
    }
}
#undef FEW_TILES
#undef EACH
