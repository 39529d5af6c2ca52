// Many rows on AVX2. Included by int8_avx2.h.
//
// The weights of some blocks are expanded once for all rows, and the rows are arranged once for all panels. A tile is 16 columns times up to four rows;
// its sums of a block fill eight registers and go to memory after each block. tile_w8 is not unrolled: the compiler, rearranging eight steps at once,
// runs out of registers.

enum {
    TILE_ROWS = 4,
    // Blocks of 32 whose weights are expanded together, for all rows, such that they stay in the first cache.
    BLOCKS_W4 = 8,
    BLOCKS_W8 = 4,
};

/// What a panel's blocks become, in RADPHI_EXPANDED_BYTES of scratch.
typedef struct {
    // One byte a weight for W4, value + 8: [4 · 16 columns][blocks][8][16][4].
    // 16 bits a weight for W8: [4 · 16 columns][blocks][8][2 · 8 columns][2][8][2]; of four weights the first two, then the last two.
    _Alignas(64) uint8_t weights[BLOCKS_W4 * 2048];
    float scales[4 * BLOCKS_W4 * 16];        // [4 · 16 columns][blocks][16]
    int32_t corrections[4 * BLOCKS_W8 * 16]; // the same for W8: what pairs of weights come to
} expanded_panel;

_Static_assert(sizeof(expanded_panel) <= RADPHI_EXPANDED_BYTES, "the scratch holds a panel's blocks");

// MARK: Weights

INLINE void expand_scales(const uint8_t *from, int blocks, int block, float *scales) {
    UNROLL for (int i = 0; i < 8; i++) {
        float *to = scales + (i / 2 * blocks + block) * 16 + i % 2 * 8;
        _mm256_store_ps(to, eight_scales(from + i * 16));
    }
}

INLINE void expand_w4(const uint8_t *from, int blocks, int block, expanded_panel *to) {
    const ymm half = _mm256_set1_epi8(15);
    for (int q = 0; q < 4; q++)
        UNROLL for (int i = 0; i < 8; i++) {
            const ymm w = load_ymm(from + q * 256 + i * 32);
            uint8_t *at = to->weights + ((i / 2 * blocks + block) * 8 + q) * 64 + i % 2 * 32;
            _mm256_store_si256((ymm *)at, _mm256_and_si256(w, half));
            _mm256_store_si256((ymm *)(at + 4 * 64), _mm256_and_si256(_mm256_srli_epi16(w, 4), half));
        }
    expand_scales(from + stored_scales(RADPHI_W4), blocks, block, to->scales);
}

INLINE void expand_w8(const uint8_t *from, int blocks, int block, expanded_panel *to) {
    for (int i = 0; i < 8; i++) {
        ymm correction = _mm256_setzero_si256();
        UNROLL for (int q = 0; q < 8; q++) {
            const ymm w = _mm256_xor_si256(load_ymm(from + q * 256 + i * 32), _mm256_set1_epi8((char)0x80));
            // Of each four bytes the first and second, then the third and fourth, widened with their sign.
            const ymm even = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), odd = _mm256_srai_epi16(w, 8);
            const ymm first = _mm256_blend_epi16(even, _mm256_slli_epi32(odd, 16), 0xAA);
            const ymm last = _mm256_blend_epi16(_mm256_srli_epi32(even, 16), odd, 0xAA);
            uint8_t *at = to->weights + ((i / 2 * blocks + block) * 8 + q) * 128 + i % 2 * 64;
            _mm256_store_si256((ymm *)at, first);
            _mm256_store_si256((ymm *)(at + 32), last);
            correction = _mm256_sub_epi32(correction, _mm256_madd_epi16(first, last));
        }
        _mm256_store_si256((ymm *)(to->corrections + (i / 2 * blocks + block) * 16 + i % 2 * 8), correction);
    }
    expand_scales(from + stored_scales(RADPHI_W8), blocks, block, to->scales);
}

// MARK: Rows
//
// Arranged rows stand in the order in which tiles read them: [steps of so many blocks][tiles][blocks of the step] of
//   int32 starts[4]  where the four rows' sums of the block begin
//   fp32 scales[4]
//   quants [8][4 rows][4], in 8 bits for W4 and in 16 for W8

INLINE int step_of(int packing) { return packing == RADPHI_W4 ? BLOCKS_W4 : BLOCKS_W8; }
INLINE size_t arranged_block(int packing) { return 32 + (packing == RADPHI_W4 ? 128 : 256); }
INLINE int tiles_of(int count) { return (count + TILE_ROWS - 1) / TILE_ROWS; }

static size_t many_size(int packing, int count, int columns) {
    return (size_t)tiles_of(count) * (columns / 32) * arranged_block(packing);
}

INLINE void arrange_w4(const __m128i x[TILE_ROWS][2], const int32_t sums[TILE_ROWS], uint8_t *to) {
    int32_t starts[TILE_ROWS];
    for (int r = 0; r < TILE_ROWS; r++) starts[r] = w4_start(sums[r]);
    memcpy(to, starts, sizeof starts);
    UNROLL for (int half = 0; half < 2; half++) {
        // 32 bits are four numbers of a row: turned from [row][4] to [4][row].
        const __m128i a = _mm_unpacklo_epi32(x[0][half], x[1][half]), b = _mm_unpackhi_epi32(x[0][half], x[1][half]);
        const __m128i c = _mm_unpacklo_epi32(x[2][half], x[3][half]), d = _mm_unpackhi_epi32(x[2][half], x[3][half]);
        __m128i *at = (__m128i *)(to + 32 + half * 64);
        _mm_storeu_si128(at, _mm_unpacklo_epi64(a, c));
        _mm_storeu_si128(at + 1, _mm_unpackhi_epi64(a, c));
        _mm_storeu_si128(at + 2, _mm_unpacklo_epi64(b, d));
        _mm_storeu_si128(at + 3, _mm_unpackhi_epi64(b, d));
    }
}

INLINE void arrange_w8(const __m128i x[TILE_ROWS][2], uint8_t *to) {
    ymm correction = _mm256_setzero_si256();
    UNROLL for (int half = 0; half < 2; half++) {
        // 64 bits are four numbers of a row.
        const ymm w[TILE_ROWS] = {_mm256_cvtepi8_epi16(x[0][half]), _mm256_cvtepi8_epi16(x[1][half]), _mm256_cvtepi8_epi16(x[2][half]),
                                  _mm256_cvtepi8_epi16(x[3][half])};
        const ymm a = _mm256_unpacklo_epi64(w[0], w[1]), b = _mm256_unpackhi_epi64(w[0], w[1]);
        const ymm c = _mm256_unpacklo_epi64(w[2], w[3]), d = _mm256_unpackhi_epi64(w[2], w[3]);
        const ymm step[4] = {_mm256_permute2x128_si256(a, c, 0x20), _mm256_permute2x128_si256(b, d, 0x20), _mm256_permute2x128_si256(a, c, 0x31),
                             _mm256_permute2x128_si256(b, d, 0x31)};
        UNROLL for (int q = 0; q < 4; q++) {
            _mm256_storeu_si256((ymm *)(to + 32 + half * 128 + q * 32), step[q]);
            // What pairs of the row come to, for tile_w8; each of them stands twice.
            correction = _mm256_sub_epi32(correction, _mm256_madd_epi16(step[q], _mm256_shuffle_epi32(step[q], 0xB1)));
        }
    }
    const ymm once = _mm256_permutevar8x32_epi32(correction, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(once));
}

static void arrange_many(int packing, const radphi_rows *rows, int count, int columns, int task, void *arranged) {
    enum { TILES = RADPHI_ARRANGED_ROWS / TILE_ROWS };
    const int all = columns / 32, tiles = tiles_of(count), step = step_of(packing);
    for (int tile = task * TILES; tile < tiles && tile < (task + 1) * TILES; tile++) {
        const int row = tile_start(count, tile, tiles), last = tile_start(count, tile + 1, tiles) - 1;
        for (int block = 0; block < all; block++) {
            const int first = block / step * step, blocks = all - first < step ? all - first : step;
            uint8_t *to = (uint8_t *)arranged + ((size_t)first * tiles + (size_t)tile * blocks + (block - first)) * arranged_block(packing);
            __m128i x[TILE_ROWS][2];
            int32_t sums[TILE_ROWS];
            for (int r = 0; r < TILE_ROWS; r++) {
                // A tile of fewer rows repeats its last one, which is not read.
                const size_t at = (size_t)(row + r < last ? row + r : last) * all + block;
                x[r][0] = _mm_loadu_si128((const __m128i *)(rows->quants + at * 32));
                x[r][1] = _mm_loadu_si128((const __m128i *)(rows->quants + at * 32 + 16));
                sums[r] = rows->sums[at];
                memcpy(to + 16 + r * 4, rows->scales + at, 4);
            }
            if (packing == RADPHI_W4) arrange_w4(x, sums, to);
            else arrange_w8(x, to);
        }
    }
}

// MARK: Tiles

/// Adds a block's whole numbers, scaled, to the sums.
INLINE void add_block(int rows, ymm dot[TILE_ROWS][2], const float *scales, const float *row_scales, float *sums) {
    UNROLL for (int c = 0; c < 2; c++) {
        const __m256 scale = _mm256_load_ps(scales + c * 8);
        UNROLL for (int r = 0; r < rows; r++) add_scaled(dot[r][c], row_scales[r], scale, sums + r * RADPHI_PANEL + c * 8);
    }
    KEEP_IN_MEMORY;
}

/// Halves of bytes: a product of 0…15 with ±127 in pairs is at most 3810, so that the eight of a block are summed in 16 bits and widened once. What
/// the values' 8 too much comes to, −8 · Σ of the row, is in the sum from the start; from there, too, a sum never leaves the 16 bits (at most ±32,512).
INLINE void tile_w4(int rows, const uint8_t *weights, const float *scales, int blocks, const uint8_t *x, float *sums) {
    for (int block = 0; block < blocks; block++) {
        ymm dot[TILE_ROWS][2];
        UNROLL for (int r = 0; r < rows; r++) dot[r][0] = dot[r][1] = four_bytes(x + r * 4);
        const float *row_scales = (const float *)(x + 16);
        x += 32;
        UNROLL for (int q = 0; q < 8; q++) {
            const ymm first = load_ymm(weights), second = load_ymm(weights + 32);
            UNROLL for (int r = 0; r < rows; r++) {
                const ymm a = four_bytes(x + r * 4);
                dot[r][0] = _mm256_add_epi16(dot[r][0], _mm256_maddubs_epi16(first, a));
                dot[r][1] = _mm256_add_epi16(dot[r][1], _mm256_maddubs_epi16(second, a));
            }
            weights += 64;
            x += TILE_ROWS * 4;
        }
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int c = 0; c < 2; c++) dot[r][c] = _mm256_madd_epi16(dot[r][c], _mm256_set1_epi16(1));
        add_block(rows, dot, scales, row_scales, sums);
        scales += 16;
    }
}

/// Whole bytes, by Winograd's inner product (1968): w₀a₀ + w₁a₁ = (w₀ + a₁)(w₁ + a₀) − w₀w₁ − a₀a₁. The last two terms are worked out once for a panel
/// and once for a row, and half the multiplications remain; these, not the additions, are what the processor is short of.
INLINE void tile_w8(
    int rows, const uint8_t *weights, const int32_t *corrections, const float *scales, int blocks, const uint8_t *x, float *sums) {
    for (int block = 0; block < blocks; block++) {
        ymm dot[TILE_ROWS][2];
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int c = 0; c < 2; c++) dot[r][c] = _mm256_add_epi32(load_ymm(corrections + c * 8), four_bytes(x + r * 4));
        const float *row_scales = (const float *)(x + 16);
        x += 32;
        ROLLED for (int q = 0; q < 8; q++) {
            const ymm w[2][2] = {{load_ymm(weights), load_ymm(weights + 32)}, {load_ymm(weights + 64), load_ymm(weights + 96)}};
            UNROLL for (int r = 0; r < rows; r++) {
                const ymm first = four_bytes(x + r * 8), last = four_bytes(x + r * 8 + 4);
                UNROLL for (int c = 0; c < 2; c++)
                    dot[r][c] = _mm256_add_epi32(dot[r][c], _mm256_madd_epi16(_mm256_add_epi16(w[c][0], last), _mm256_add_epi16(w[c][1], first)));
            }
            weights += 128;
            x += TILE_ROWS * 8;
        }
        add_block(rows, dot, scales, row_scales, sums);
        corrections += 16;
        scales += 16;
    }
}

/// What of the next step's weights a call asks memory for: `bytes` from `at` on, a quarter with each 16 columns.
typedef struct {
    const uint8_t *at;
    size_t bytes;
} weights_ahead;

INLINE void ask_quarter(weights_ahead ahead, int quarter) {
    for (size_t i = ahead.bytes / 4 * quarter; i < ahead.bytes / 4 * (quarter + 1); i += 64) __builtin_prefetch(ahead.at + i);
}

/// Some rows times the expanded blocks, 16 columns after 16.
#define ROW_TILE(rows) \
    __attribute__((noinline)) static void row_tile_w4_##rows(const expanded_panel *panel, int blocks, const uint8_t *x, float *sums, weights_ahead ahead) { \
        for (int g = 0; g < 4; g++) { \
            ask_quarter(ahead, g); \
            tile_w4(rows, panel->weights + g * blocks * 512, panel->scales + g * blocks * 16, blocks, x, sums + g * 16); \
        } \
    } \
    __attribute__((noinline)) static void row_tile_w8_##rows(const expanded_panel *panel, int blocks, const uint8_t *x, float *sums, weights_ahead ahead) { \
        for (int g = 0; g < 4; g++) { \
            ask_quarter(ahead, g); \
            tile_w8(rows, panel->weights + g * blocks * 1024, panel->corrections + g * blocks * 16, panel->scales + g * blocks * 16, blocks, x, sums + g * 16); \
        } \
    }
ROW_TILE(3)
ROW_TILE(4)
#undef ROW_TILE

INLINE void many_rows(int packing, const uint8_t *weights, const uint8_t *arranged, int all, int count, float *sums, expanded_panel *panel) {
    const size_t stride = stored_block(packing), size = arranged_block(packing);
    const int step = step_of(packing), tiles = tiles_of(count);
    for (int first = 0; first < all; first += step) {
        const int blocks = all - first < step ? all - first : step;
        for (int block = 0; block < blocks; block++) {
            if (packing == RADPHI_W4) expand_w4(weights + (first + block) * stride, blocks, block, panel);
            else expand_w8(weights + (first + block) * stride, blocks, block, panel);
        }
        const size_t share = (step * stride / tiles + 255) / 256 * 256;
        for (int tile = 0; tile < tiles; tile++) {
            const weights_ahead ahead = {weights + (first + blocks) * stride + tile * share, share};
            const int row = tile_start(count, tile, tiles);
            const uint8_t *x = arranged + ((size_t)first * tiles + (size_t)tile * blocks) * size;
            float *to = sums + (size_t)row * RADPHI_PANEL;
            switch (tile_start(count, tile + 1, tiles) - row) {
#define CASE(rows) \
    case rows: \
        if (packing == RADPHI_W4) row_tile_w4_##rows(panel, blocks, x, to, ahead); \
        else row_tile_w8_##rows(panel, blocks, x, to, ahead); \
        break
            CASE(3);
            CASE(4);
#undef CASE
            }
        }
    }
}
