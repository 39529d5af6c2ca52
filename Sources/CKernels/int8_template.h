// Products of W8 and W4 with a dot product of four bytes a lane. Included by kernel_template.h; the file of the instruction set defines
//   ROWS_INT8            rows of a tile, such that its sums fit into the registers
//   DOT4(acc, w, a)      acc[i] += Σ_j of the four bytes w[i] (value + 128) times the four int8 of a; the result is that of the value when acc started
//                        at START_W8 times the sum of all int8
//   DOT4_SMALL(acc, w, a)   the same for bytes of 0…15 that stand for themselves

// Rows are taken as they are.
static size_t arranged_size(int packing, int count, int columns) {
    (void)packing, (void)count, (void)columns;
    return 0;
}
static void arrange(int packing, const radphi_rows *rows, int count, int columns, int task, void *arranged) {
    (void)packing, (void)rows, (void)count, (void)columns, (void)task, (void)arranged;
}

INLINE int32_t four(const int8_t *at) { int32_t x; memcpy(&x, at, 4); return x; }

enum { BYTES_W8, BYTES_EXPANDED, NIBBLES };

/// Blocks of int8 weights. `weights` and `scales` advance by their strides from block to block.
INLINE void tile_int8(
    int form, int rows, int group, const uint8_t *weights, size_t weight_stride, const uint8_t *scales, size_t scale_stride, int blocks,
    const radphi_rows *input, int columns, int row, int first_block, float *sums) {
    v16 sum[4][4];
    const int8_t *a[4];
    const float *as[4];
    const int32_t *at[4];
    UNROLL for (int r = 0; r < rows; r++) {
        a[r] = input->quants + (size_t)(row + r) * columns + first_block * 32;
        as[r] = input->scales + (size_t)(row + r) * (columns / 32) + first_block;
        at[r] = input->sums + (size_t)(row + r) * (columns / 32) + first_block;
        UNROLL for (int g = 0; g < group; g++) sum[r][g] = load(sums + r * RADPHI_PANEL + g * 16);
    }
    for (int block = 0; block < blocks; block++) {
        i16 dot[4][4];
        UNROLL for (int r = 0; r < rows; r++) {
            const i16 start = (form == BYTES_W8 ? START_W8 : -8) * at[r][block];
            UNROLL for (int g = 0; g < group; g++) dot[r][g] = start;
        }
        if (form == NIBBLES) {
            UNROLL for (int q = 0; q < 4; q++) {
                i16 low[4], high[4];
                UNROLL for (int g = 0; g < group; g++) {
                    const i16 w = load_int(weights + q * 256 + g * 64);
                    low[g] = w & 0x0F0F0F0F;
                    high[g] = (i16)((u16)w >> 4) & 0x0F0F0F0F;
                }
                UNROLL for (int r = 0; r < rows; r++) {
                    const i16 x = four(a[r] + q * 4), y = four(a[r] + 16 + q * 4);
                    UNROLL for (int g = 0; g < group; g++) {
                        dot[r][g] = DOT4_SMALL(dot[r][g], low[g], x);
                        dot[r][g] = DOT4_SMALL(dot[r][g], high[g], y);
                    }
                }
            }
        } else {
            UNROLL for (int q = 0; q < 8; q++) {
                i16 w[4];
                UNROLL for (int g = 0; g < group; g++) w[g] = load_int(weights + q * 256 + g * 64);
                UNROLL for (int r = 0; r < rows; r++) {
                    const i16 x = four(a[r] + q * 4);
                    UNROLL for (int g = 0; g < group; g++) {
                        if (form == BYTES_W8) dot[r][g] = DOT4(dot[r][g], w[g], x);
                        else dot[r][g] = DOT4_SMALL(dot[r][g], w[g], x);
                    }
                }
            }
        }
        UNROLL for (int g = 0; g < group; g++) {
            const v16 scale = load_half(scales + g * 32);
            UNROLL for (int r = 0; r < rows; r++)
                sum[r][g] = fused(__builtin_convertvector(dot[r][g], v16) * as[r][block], scale, sum[r][g]);
        }
        UNROLL for (int r = 0; r < rows; r++) a[r] += 32;
        weights += weight_stride;
        scales += scale_stride;
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int g = 0; g < group; g++) store(sums + r * RADPHI_PANEL + g * 16, sum[r][g]);
}

/// All rows and all columns of a panel over some blocks.
INLINE void blocks_int8(
    int form, const uint8_t *weights, size_t weight_stride, const uint8_t *scales, size_t scale_stride, int blocks, const radphi_rows *input, int columns,
    int count, int first_block, float *sums) {
#define TILE(n, group) \
    for (int g = 0; g < 4; g += group) \
        tile_int8(form, n, group, weights + g * 64, weight_stride, scales + g * 32, scale_stride, blocks, input, columns, row, first_block, sums + row * RADPHI_PANEL + g * 16)
    int row = 0;
    for (; row + ROWS_INT8 <= count; row += ROWS_INT8) TILE(ROWS_INT8, GROUP);
    switch (count - row) {
    case 2: TILE(2, GROUP); break;
    case 1: TILE(1, GROUP_ONE); break;
    default: break;
    }
#undef TILE
}

// A few rows: tiles narrower than the panel take turns after so many blocks, so that memory is read in its order.
#define RUN ((count == 1 ? GROUP_ONE : GROUP) == 4 ? 1 << 20 : 4)

static void part_int8(
    const radphi_matrix *matrix, const radphi_rows *input, const void *arranged, int panel, int count, float *sums, uint8_t *expanded) {
    (void)arranged;
    const int columns = matrix->columns, blocks = columns / 32;
    const bool nibbles = matrix->packing == RADPHI_W4;
    const size_t quants = nibbles ? 1024 : 2048, stride = quants + 128;
    const uint8_t *weights = (const uint8_t *)matrix->data + (size_t)panel * blocks * stride;
    if (!nibbles) {
        const int step = count > ROWS_INT8 ? 8 : RUN;
        for (int b = 0; b < blocks; b += step)
            blocks_int8(BYTES_W8, weights + b * stride, stride, weights + b * stride + quants, stride, blocks - b < step ? blocks - b : step, input, columns, count, b, sums);
        return;
    }
    if (count <= 2 * ROWS_INT8) {
        for (int b = 0; b < blocks; b += RUN)
            blocks_int8(NIBBLES, weights + b * stride, stride, weights + b * stride + quants, stride, blocks - b < RUN ? blocks - b : RUN, input, columns, count, b, sums);
        return;
    }
    // A prompt: unfold the halves of bytes once for all its rows.
    for (int b = 0; b < blocks; b += 8) {
        const int depth = blocks - b < 8 ? blocks - b : 8;
        for (int i = 0; i < depth; i++)
            for (int j = 0; j < 1024; j += 64) {
                const i16 w = load_int(weights + (b + i) * stride + j);
                const i16 low = w & 0x0F0F0F0F, high = (i16)((u16)w >> 4) & 0x0F0F0F0F;
                memcpy(expanded + i * 2048 + j, &low, 64);
                memcpy(expanded + i * 2048 + 1024 + j, &high, 64);
            }
        blocks_int8(BYTES_EXPANDED, expanded, 2048, weights + b * stride + quants, stride, depth, input, columns, count, b, sums);
    }
}
