// The kernels, written with vectors of 16 fp32 numbers and compiled once for each instruction set. The including file defines
//   KERNELS        the name of the table to define
//   GROUP          vectors of 16 columns that the int8 and fp32 tiles compute together (1 or 4)
//   GROUP_ONE      the same for a tile of one row, which waits for memory and should read it in its order
//   READ_AHEAD     how many bytes of weights ahead such a tile asks memory for them; 0 leaves that to the processor
//   ROWS_W8, ROWS_W4, ROWS_FP32   rows of a tile, such that accumulators fit into the registers
//   DOT4, START_W8, nibble_sums, NIBBLE_START, NIBBLE_DOT, NIBBLE_TOTAL   below
// It may also define, for rows that its int8 tiles want in another order,
//   ARRANGED_SIZE, ARRANGE   the table's functions arranged_size and arrange
//   ARRANGED_PANEL           (matrix, arranged, panel, count, sums, scratch): adds the arranged rows times a panel to the sums
// DOT4(acc, w, a): acc[i] += Σ_j of the four bytes w[i] (value + 128) times the four int8 of a; the result is that of the value when
// acc started at START_W8 times the sum of all int8.
// Bytes 0…15 stand for themselves, and their products are so small that a block of 32 may be summed in narrower numbers:
// nibble_sums is the type of these sums, NIBBLE_START(start) begins them, NIBBLE_DOT(sums, w, a) takes four bytes a column in, and
// NIBBLE_TOTAL(sums, start) gives `start` plus what they came to.

#include <math.h>
#include <string.h>

#include "kernel_table.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are only passed to functions that are always inlined, so no calling convention depends on the instruction set.
#pragma clang diagnostic ignored "-Wpsabi"

#ifndef ARRANGED_SIZE
static size_t arranged_size(int packing, int count, int columns) {
    (void)packing, (void)count, (void)columns;
    return 0;
}
#define ARRANGED_SIZE arranged_size
#define ARRANGE NULL
#define ARRANGED_PANEL(...) ((void)0)
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float v16 __attribute__((ext_vector_type(16)));
typedef int32_t i16 __attribute__((ext_vector_type(16)));
typedef uint32_t u16 __attribute__((ext_vector_type(16)));
typedef _Float16 h16 __attribute__((ext_vector_type(16)));
typedef uint16_t s16 __attribute__((ext_vector_type(16)));
typedef int8_t c16 __attribute__((ext_vector_type(16)));

INLINE v16 load(const float *at) { v16 x; memcpy(&x, at, sizeof x); return x; }
INLINE i16 load_int(const void *at) { i16 x; memcpy(&x, at, sizeof x); return x; }
INLINE v16 load_half(const void *at) { h16 x; memcpy(&x, at, sizeof x); return __builtin_convertvector(x, v16); }
INLINE void store(float *at, v16 x) { memcpy(at, &x, sizeof x); }
INLINE v16 fused(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
INLINE v16 load_bfloat(const void *at) {
    s16 x;
    memcpy(&x, at, sizeof x);
    return (v16)(__builtin_convertvector(x, u16) << 16);
}
INLINE v16 load_number(const void *data, int packing, size_t index) {
    if (packing == RADPHI_F32) return load((const float *)data + index);
    if (packing == RADPHI_F16) return load_half((const uint16_t *)data + index);
    return load_bfloat((const uint16_t *)data + index);
}
/// The sum in one order, whatever the vector length of the machine.
INLINE float total(v16 x) {
    float s[16];
    memcpy(s, &x, sizeof s);
    UNROLL for (int width = 8; width > 0; width /= 2)
        UNROLL for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

/// eˣ to about two units in the last place (after Cephes); 0 below -87.3.
INLINE v16 exponential(v16 x) {
    const v16 magic = 12582912.0f; // 1.5 · 2²³: adding it rounds to a whole number
    const v16 bounded = __builtin_elementwise_min(__builtin_elementwise_max(x, (v16)-87.3f), (v16)88.3f);
    const v16 shifted = fused(bounded, (v16)1.44269504088896341f, magic);
    const v16 n = shifted - magic;
    v16 r = fused(n, (v16)-0.693359375f, bounded);
    r = fused(n, (v16)2.12194440e-4f, r);
    v16 p = 1.9875691500e-4f;
    p = fused(p, r, (v16)1.3981999507e-3f);
    p = fused(p, r, (v16)8.3334519073e-3f);
    p = fused(p, r, (v16)4.1665795894e-2f);
    p = fused(p, r, (v16)1.6666665459e-1f);
    p = fused(p, r, (v16)5.0000001201e-1f);
    p = fused(p, r * r, r) + (v16)1.0f;
    const i16 power = ((i16)shifted - (i16)magic + 127) << 23;
    const v16 value = p * (v16)power;
    const i16 keep = x >= (v16)-87.3f;
    return (v16)((i16)value & keep);
}

/// gelu_new: x · ½(1 + tanh(√(2/π)(x + 0.044715x³))) = x / (1 + e^(-2√(2/π)(x + 0.044715x³))).
INLINE v16 gelu(v16 x) {
    const v16 cubic = fused(x * x * x, (v16)0.044715f, x);
    return x / ((v16)1.0f + exponential(cubic * (v16)-1.5957691216057308f));
}

// MARK: Rows

static void norm(const float *x, int columns, const float *weight, const float *bias, float epsilon, float *out) {
    const int whole = columns / 16 * 16;
    v16 sum = 0.0f;
    for (int i = 0; i < whole; i += 16) sum += load(x + i);
    float rest = total(sum);
    for (int i = whole; i < columns; i++) rest += x[i];
    const float mean = rest / (float)columns;
    sum = 0.0f;
    for (int i = 0; i < whole; i += 16) {
        const v16 d = load(x + i) - mean;
        sum = fused(d, d, sum);
    }
    rest = total(sum);
    for (int i = whole; i < columns; i++) rest += (x[i] - mean) * (x[i] - mean);
    const float scale = 1.0f / sqrtf(rest / (float)columns + epsilon);
    for (int i = 0; i < whole; i += 16) store(out + i, fused((load(x + i) - mean) * scale, load(weight + i), load(bias + i)));
    for (int i = whole; i < columns; i++) out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

/// Each block of 32 to int8 with one scale; rounded to nearest, ties to even.
static void quantize(const float *x, int columns, int8_t *quants, float *scales, int32_t *sums) {
    const v16 magic = 12582912.0f;
    for (int block = 0; block < columns / 32; block++) {
        const v16 a = load(x + block * 32), b = load(x + block * 32 + 16);
        const float top = __builtin_reduce_max(__builtin_elementwise_max(__builtin_elementwise_abs(a), __builtin_elementwise_abs(b)));
        const float inverse = top > 0 ? 127.0f / top : 0.0f;
        const i16 qa = (i16)(a * inverse + magic) - (i16)magic;
        const i16 qb = (i16)(b * inverse + magic) - (i16)magic;
        const c16 ca = __builtin_convertvector(qa, c16), cb = __builtin_convertvector(qb, c16);
        memcpy(quants + block * 32, &ca, 16);
        memcpy(quants + block * 32 + 16, &cb, 16);
        scales[block] = top / 127.0f;
        sums[block] = __builtin_reduce_add(qa + qb);
    }
}

// MARK: Tiles of a product: `rows` rows times 16 · `group` columns, added to sums [rows][stride]

/// Plain numbers: weights [depth][weight_stride] from `weights` on.
INLINE void tile_plain(
    int rows, int group, const void *weights, int packing, int weight_stride, int depth, const float *input, size_t input_stride, float *sums, size_t stride) {
    v16 sum[8][5];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int g = 0; g < group; g++) sum[r][g] = load(sums + r * stride + g * 16);
    for (int k = 0; k < depth; k++) {
        v16 w[5];
        UNROLL for (int g = 0; g < group; g++) w[g] = load_number(weights, packing, (size_t)k * weight_stride + g * 16);
        UNROLL for (int r = 0; r < rows; r++) {
            const v16 a = input[r * input_stride + k];
            UNROLL for (int g = 0; g < group; g++) sum[r][g] = fused(a, w[g], sum[r][g]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int g = 0; g < group; g++) store(sums + r * stride + g * 16, sum[r][g]);
}

INLINE int32_t four(const int8_t *at) { int32_t x; memcpy(&x, at, 4); return x; }

/// Asks for the next 256 bytes of a row's weights.
INLINE void ask_ahead(int rows, const uint8_t *weights) {
    if (rows == 1 && READ_AHEAD > 0)
        UNROLL for (int i = 0; i < 256; i += 64) __builtin_prefetch(weights + READ_AHEAD + i);
}

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
        nibble_sums small[4][4];
        UNROLL for (int r = 0; r < rows; r++) {
            const i16 start = (form == BYTES_W8 ? START_W8 : -8) * at[r][block];
            UNROLL for (int g = 0; g < group; g++) {
                if (form == BYTES_W8) dot[r][g] = start;
                else small[r][g] = NIBBLE_START(start);
            }
        }
        if (form == NIBBLES) {
            UNROLL for (int q = 0; q < 4; q++) {
                ask_ahead(rows, weights + q * 256);
                i16 low[4], high[4];
                UNROLL for (int g = 0; g < group; g++) {
                    const i16 w = load_int(weights + q * 256 + g * 64);
                    low[g] = w & 0x0F0F0F0F;
                    high[g] = (i16)((u16)w >> 4) & 0x0F0F0F0F;
                }
                UNROLL for (int r = 0; r < rows; r++) {
                    const i16 x = four(a[r] + q * 4), y = four(a[r] + 16 + q * 4);
                    UNROLL for (int g = 0; g < group; g++) {
                        small[r][g] = NIBBLE_DOT(small[r][g], low[g], x);
                        small[r][g] = NIBBLE_DOT(small[r][g], high[g], y);
                    }
                }
            }
        } else {
            UNROLL for (int q = 0; q < 8; q++) {
                ask_ahead(rows, weights + q * 256);
                i16 w[4];
                UNROLL for (int g = 0; g < group; g++) w[g] = load_int(weights + q * 256 + g * 64);
                UNROLL for (int r = 0; r < rows; r++) {
                    const i16 x = four(a[r] + q * 4);
                    UNROLL for (int g = 0; g < group; g++) {
                        if (form == BYTES_W8) dot[r][g] = DOT4(dot[r][g], w[g], x);
                        else small[r][g] = NIBBLE_DOT(small[r][g], w[g], x);
                    }
                }
            }
        }
        if (form != BYTES_W8)
            UNROLL for (int r = 0; r < rows; r++) {
                const i16 start = -8 * at[r][block];
                UNROLL for (int g = 0; g < group; g++) dot[r][g] = NIBBLE_TOTAL(small[r][g], start);
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
    const int most = form == BYTES_W8 ? ROWS_W8 : ROWS_W4;
    int row = 0;
    for (; row + most <= count; row += most) {
        if (form == BYTES_W8) TILE(ROWS_W8, GROUP);
        else TILE(ROWS_W4, GROUP);
    }
    switch (count - row) {
    case 2: TILE(2, GROUP); break;
    case 1: TILE(1, GROUP_ONE); break;
    default: break;
    }
#undef TILE
}

/// All rows of an input times `columns` columns of plain weights; a few vectors at a time, then one.
INLINE void rows_plain(
    const void *weights, int packing, int weight_stride, int columns, int depth, const float *input, size_t input_stride, int count, float *sums, size_t stride) {
#define TILE(n, group) \
    tile_plain(n, group, (const uint8_t *)weights + (size_t)c * (packing == RADPHI_F32 ? 4 : 2), packing, weight_stride, depth, input + row * input_stride, \
               input_stride, sums + row * stride + c, stride)
#define TILES(n, group) \
    do { \
        int c = 0; \
        for (; c + group * 16 <= columns; c += group * 16) TILE(n, group); \
        for (; c < columns; c += 16) TILE(n, 1); \
    } while (0)
    int row = 0;
    for (; row + ROWS_FP32 <= count; row += ROWS_FP32) TILES(ROWS_FP32, GROUP);
    switch (count - row) {
    case 5: TILES(5, GROUP); break;
    case 4: TILES(4, GROUP); break;
    case 3: TILES(3, GROUP); break;
    case 2: TILES(2, GROUP); break;
    case 1: TILES(1, GROUP_ONE); break;
    default: break;
    }
#undef TILES
#undef TILE
}

// MARK: Panels

static void part_plain(const radphi_matrix *matrix, const radphi_rows *input, int panel, int count, float *sums, void *expanded) {
    const int columns = matrix->columns;
    if (matrix->packing == RADPHI_F32) {
        const float *weights = (const float *)matrix->data + (size_t)panel * columns * RADPHI_PANEL;
        const int step = count > ROWS_FP32 ? 96 : columns;
        for (int k = 0; k < columns; k += step)
            rows_plain(weights + (size_t)k * RADPHI_PANEL, RADPHI_F32, RADPHI_PANEL, RADPHI_PANEL, columns - k < step ? columns - k : step,
                       input->values + k, (size_t)input->stride, count, sums, RADPHI_PANEL);
        return;
    }
    const uint16_t *weights = (const uint16_t *)matrix->data + (size_t)panel * columns * RADPHI_PANEL;
    if (count <= ROWS_FP32) {
        if (matrix->packing == RADPHI_F16) rows_plain(weights, RADPHI_F16, RADPHI_PANEL, RADPHI_PANEL, columns, input->values, (size_t)input->stride, count, sums, RADPHI_PANEL);
        else rows_plain(weights, RADPHI_BF16, RADPHI_PANEL, RADPHI_PANEL, columns, input->values, (size_t)input->stride, count, sums, RADPHI_PANEL);
        return;
    }
    // A prompt: widen the weights once for all its rows.
    for (int k = 0; k < columns; k += 96) {
        const int depth = columns - k < 96 ? columns - k : 96;
        const uint16_t *from = weights + (size_t)k * RADPHI_PANEL;
        for (int i = 0; i < depth * RADPHI_PANEL; i += 16)
            store((float *)expanded + i, matrix->packing == RADPHI_F16 ? load_half(from + i) : load_bfloat(from + i));
        rows_plain(expanded, RADPHI_F32, RADPHI_PANEL, RADPHI_PANEL, depth, input->values + k, (size_t)input->stride, count, sums, RADPHI_PANEL);
    }
}

// A few rows: tiles narrower than the panel take turns after so many blocks, so that memory is read in its order.
#define RUN ((count == 1 ? GROUP_ONE : GROUP) == 4 ? 1 << 20 : 4)

static void part_int8(const radphi_matrix *matrix, const radphi_rows *input, int panel, int count, float *sums, uint8_t *expanded) {
    const int columns = matrix->columns, blocks = columns / 32;
    const bool nibbles = matrix->packing == RADPHI_W4;
    const size_t quants = nibbles ? 1024 : 2048, stride = quants + 128;
    const uint8_t *weights = (const uint8_t *)matrix->data + (size_t)panel * blocks * stride;
    if (!nibbles) {
        const int step = count > ROWS_W8 ? 8 : RUN;
        for (int b = 0; b < blocks; b += step)
            blocks_int8(BYTES_W8, weights + b * stride, stride, weights + b * stride + quants, stride, blocks - b < step ? blocks - b : step, input, columns, count, b, sums);
        return;
    }
    if (count <= 2 * ROWS_W8) {
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

static void panel(const radphi_product *product, const void *const arranged[2], int panel, void *scratch) {
    const int count = product->count, rows = product->matrix[0].rows, first = panel * RADPHI_PANEL;
    const int width = rows - first < RADPHI_PANEL ? rows - first : RADPHI_PANEL;
    float *sums = (float *)((uint8_t *)scratch + RADPHI_EXPANDED_BYTES);
    memset(sums, 0, (size_t)count * RADPHI_PANEL * sizeof(float));
    for (int part = 0; part < product->parts; part++) {
        const radphi_matrix *matrix = &product->matrix[part];
        if (arranged[part]) ARRANGED_PANEL(matrix, arranged[part], panel, count, sums, scratch);
        else if (matrix->packing >= RADPHI_W8) part_int8(matrix, &product->input[part], panel, count, sums, scratch);
        else part_plain(matrix, &product->input[part], panel, count, sums, scratch);
    }
    float bias[RADPHI_PANEL] = {0};
    if (product->bias) memcpy(bias, product->bias + first, (size_t)width * sizeof(float));
    const radphi_rows *out = &product->out;
    for (int r = 0; r < count; r++) {
        float *row = sums + (size_t)r * RADPHI_PANEL;
        if (product->epilogue >= RADPHI_GELU)
            UNROLL for (int i = 0; i < RADPHI_PANEL; i += 16) store(row + i, gelu(load(row + i) + load(bias + i)));
        else
            UNROLL for (int i = 0; i < RADPHI_PANEL; i += 16) store(row + i, load(row + i) + load(bias + i));
        if (product->epilogue == RADPHI_GELU_QUANTIZE) {
            const size_t block = (size_t)r * (rows / 32) + first / 32;
            quantize(row, width, out->quants + (size_t)r * rows + first, out->scales + block, out->sums + block);
            continue;
        }
        float *target = out->values + (size_t)r * out->stride + first;
        if (product->epilogue == RADPHI_ADD)
            for (int i = 0; i < width; i++) target[i] += row[i];
        else
            memcpy(target, row, (size_t)width * sizeof(float));
    }
}

// MARK: Attention

INLINE void rotate(float *x, const float *cosines, const float *sines, int half) {
    for (int i = 0; i < half; i++) {
        const float a = x[i], b = x[i + half];
        x[i] = a * cosines[i] - b * sines[i];
        x[i + half] = b * cosines[i] + a * sines[i];
    }
}

/// fp16 has no room beyond 65504: larger numbers are held there.
INLINE _Float16 narrowed(float x) { return (_Float16)(x > 65504.0f ? 65504.0f : x < -65504.0f ? -65504.0f : x); }

static void attend(const radphi_attention_job *job, const radphi_sequence *sequence, int shared, float *scratch) {
    const int size = job->head_size, padded = (size + 15) / 16 * 16, half = job->rotary / 2;
    const bool narrow = job->packing == RADPHI_F16;
    const size_t number = narrow ? 2 : 4;
    const size_t head_keys = (size_t)sequence->capacity * size, head_values = (size_t)sequence->capacity * padded;
    uint8_t *keys = (uint8_t *)sequence->keys + shared * head_keys * number;
    uint8_t *values = (uint8_t *)sequence->values + shared * head_values * number;
    for (int r = 0; r < sequence->count; r++) {
        const int position = sequence->past + r;
        float *key = job->key + (size_t)(sequence->row + r) * job->key_stride + shared * size;
        const float *value = job->value + (size_t)(sequence->row + r) * job->value_stride + shared * size;
        rotate(key, job->cosines + (size_t)position * half, job->sines + (size_t)position * half, half);
        const size_t column = (size_t)(position / 64) * size * 64 + position % 64;
        if (narrow) {
            for (int i = 0; i < size; i++) ((_Float16 *)keys)[column + (size_t)i * 64] = narrowed(key[i]);
            for (int i = 0; i < padded; i++) ((_Float16 *)values)[(size_t)position * padded + i] = i < size ? narrowed(value[i]) : 0;
        } else {
            for (int i = 0; i < size; i++) ((float *)keys)[column + (size_t)i * 64] = key[i];
            for (int i = 0; i < padded; i++) ((float *)values)[(size_t)position * padded + i] = i < size ? value[i] : 0;
        }
    }
    const int group = job->heads / job->shared_heads;
    const int skipped = sequence->count - sequence->queries;
    const int reach = (sequence->past + sequence->count + 63) / 64 * 64;
    float *scores = scratch;                                        // [4][reach]
    float *mixed = scratch + (size_t)RADPHI_QUERY_ROWS * reach;     // [4][padded]
    const float scale = 1.0f / sqrtf((float)size);
    for (int head = shared * group; head < (shared + 1) * group; head++) {
        for (int first = 0; first < sequence->queries; first += RADPHI_QUERY_ROWS) {
            const int rows = sequence->queries - first < RADPHI_QUERY_ROWS ? sequence->queries - first : RADPHI_QUERY_ROWS;
            const int last = sequence->past + skipped + first + rows; // keys that the tile's last row sees
            float *query = job->query + (size_t)(sequence->query + first) * job->query_stride + head * size;
            for (int r = 0; r < rows; r++) {
                float *q = query + (size_t)r * job->query_stride;
                const size_t position = (size_t)(last - rows + r);
                rotate(q, job->cosines + position * half, job->sines + position * half, half);
                for (int i = 0; i < size; i++) q[i] *= scale;
            }
            memset(scores, 0, (size_t)rows * reach * sizeof(float));
            for (int block = 0; block < last; block += 64) {
                const uint8_t *from = keys + (size_t)block * size * number;
                if (narrow) rows_plain(from, RADPHI_F16, 64, 64, size, query, (size_t)job->query_stride, rows, scores + block, (size_t)reach);
                else rows_plain(from, RADPHI_F32, 64, 64, size, query, (size_t)job->query_stride, rows, scores + block, (size_t)reach);
            }
            float inverse[RADPHI_QUERY_ROWS];
            for (int r = 0; r < rows; r++) {
                float *score = scores + (size_t)r * reach;
                const int seen = last - rows + r + 1, end = (last + 15) / 16 * 16;
                for (int i = seen; i < end; i++) score[i] = -INFINITY;
                v16 top = load(score);
                for (int i = 16; i < end; i += 16) top = __builtin_elementwise_max(top, load(score + i));
                const float highest = __builtin_reduce_max(top);
                v16 sum = 0.0f;
                for (int i = 0; i < end; i += 16) {
                    const v16 e = exponential(load(score + i) - highest);
                    store(score + i, e);
                    sum += e;
                }
                inverse[r] = 1.0f / total(sum);
            }
            memset(mixed, 0, (size_t)rows * padded * sizeof(float));
            if (narrow) rows_plain(values, RADPHI_F16, padded, padded, last, scores, (size_t)reach, rows, mixed, (size_t)padded);
            else rows_plain(values, RADPHI_F32, padded, padded, last, scores, (size_t)reach, rows, mixed, (size_t)padded);
            for (int r = 0; r < rows; r++) {
                float *out = job->out + (size_t)(sequence->query + first + r) * job->out_stride + head * size;
                for (int i = 0; i < size; i++) out[i] = mixed[r * padded + i] * inverse[r];
            }
        }
    }
}

const radphi_kernels KERNELS = {
    .norm = norm, .quantize = quantize, .arranged_size = ARRANGED_SIZE, .arrange = ARRANGE, .panel = panel, .attend = attend};
