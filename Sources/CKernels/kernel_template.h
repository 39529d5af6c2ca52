// The kernels, written with vectors of 16 fp32 numbers and compiled once for each instruction set. The including file defines
//   KERNELS        the name of the table to define
//   GROUP          vectors of 16 columns that the tiles compute together (1 or 4)
//   GROUP_ONE      the same for a tile of one row, which waits for memory and should read it in its order
//   ROWS_FP32      rows of a tile, such that its sums fit into the registers
//   INT8_PRODUCTS  the header with the products of W8 and W4, which are the same numbers in every set:
//     arranged_size, arrange   the table's functions of that name
//     part_int8(matrix, input, arranged, panel, count, sums, expanded)   adds an input's rows times a panel to sums [count][64]

#include "kernel_table.h"
#include "vectors.h"

/// Weights that are widened together: with the rows that they meet they stay in the first cache.
enum { WIDENED_NUMBERS = 4096 };
_Static_assert(WIDENED_NUMBERS * sizeof(float) <= RADPHI_EXPANDED_BYTES, "the scratch holds them");

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

/// The first row of a tile, where `count` rows make tiles of like height.
INLINE int tile_start(int count, int tile, int tiles) { return (int)((int64_t)count * tile / tiles); }

/// Plain numbers: weights [depth][weight_stride] from `weights` on.
INLINE void tile_plain(
    int rows, int group, const void *weights, int packing, int weight_stride, int depth, const float *input, size_t input_stride, float *sums, size_t stride) {
    v16 sum[ROWS_FP32][GROUP_ONE > GROUP ? GROUP_ONE : GROUP];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int g = 0; g < group; g++) sum[r][g] = load(sums + r * stride + g * 16);
    for (int k = 0; k < depth; k++) {
        v16 w[GROUP_ONE > GROUP ? GROUP_ONE : GROUP];
        UNROLL for (int g = 0; g < group; g++) w[g] = load_number(weights, packing, (size_t)k * weight_stride + g * 16);
        UNROLL for (int r = 0; r < rows; r++) {
            const v16 a = input[r * input_stride + k];
            UNROLL for (int g = 0; g < group; g++) sum[r][g] = fused(a, w[g], sum[r][g]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int g = 0; g < group; g++) store(sums + r * stride + g * 16, sum[r][g]);
}

/// All rows of an input times plain weights [depth][columns]; a few vectors at a time, then one.
INLINE void rows_plain(
    const void *weights, int packing, int columns, int depth, const float *input, size_t input_stride, int count, float *sums, size_t stride) {
#define TILE(n, group) \
    tile_plain(n, group, (const uint8_t *)weights + (size_t)c * (packing == RADPHI_F32 ? 4 : 2), packing, columns, depth, input + row * input_stride, \
               input_stride, sums + row * stride + c, stride)
#define TILES(n, group) \
    case n: \
        for (; n <= ROWS_FP32 && c + group * 16 <= columns; c += group * 16) TILE(n, group); \
        for (; n <= ROWS_FP32 && c < columns; c += 16) TILE(n, 1); \
        break
    const int tiles = (count + ROWS_FP32 - 1) / ROWS_FP32;
    for (int tile = 0; tile < tiles; tile++) {
        const int row = tile_start(count, tile, tiles);
        int c = 0;
        switch (tile_start(count, tile + 1, tiles) - row) {
            TILES(6, GROUP);
            TILES(5, GROUP);
            TILES(4, GROUP);
            TILES(3, GROUP);
            TILES(2, GROUP);
            TILES(1, GROUP_ONE);
        }
    }
#undef TILES
#undef TILE
}

/// The same where many rows share the weights: as many of them at a time as stay in the first cache, widened once to fp32.
INLINE void rows_shared(
    const void *weights, int packing, int columns, int depth, const float *input, size_t input_stride, int count, float *sums, size_t stride, float *widened) {
    const int step = WIDENED_NUMBERS / columns;
    if (count <= ROWS_FP32 || step == 0) {
        rows_plain(weights, packing, columns, depth, input, input_stride, count, sums, stride);
        return;
    }
    for (int k = 0; k < depth; k += step) {
        const int some = depth - k < step ? depth - k : step;
        const size_t first = (size_t)k * columns;
        const float *part = packing == RADPHI_F32 ? (const float *)weights + first : widened;
        if (packing != RADPHI_F32)
            for (int i = 0; i < some * columns; i += 16) store(widened + i, load_number(weights, packing, first + i));
        rows_plain(part, RADPHI_F32, columns, some, input + k, input_stride, count, sums, stride);
    }
}

#include INT8_PRODUCTS

// MARK: Panels

static void part_plain(const radphi_matrix *matrix, const radphi_rows *input, int panel, int count, float *sums, float *widened) {
    const size_t first = (size_t)panel * matrix->columns * RADPHI_PANEL;
    const void *weights = (const uint8_t *)matrix->data + first * (matrix->packing == RADPHI_F32 ? 4 : 2);
#define ROWS(packing) \
    rows_shared(weights, packing, RADPHI_PANEL, matrix->columns, input->values, (size_t)input->stride, count, sums, RADPHI_PANEL, widened)
    if (matrix->packing == RADPHI_F32) ROWS(RADPHI_F32);
    else if (matrix->packing == RADPHI_F16) ROWS(RADPHI_F16);
    else ROWS(RADPHI_BF16);
#undef ROWS
}

static void panel(const radphi_product *product, const void *const arranged[2], int panel, void *scratch) {
    const int count = product->count, rows = product->matrix[0].rows, first = panel * RADPHI_PANEL;
    const int width = rows - first < RADPHI_PANEL ? rows - first : RADPHI_PANEL;
    float *sums = (float *)((uint8_t *)scratch + RADPHI_EXPANDED_BYTES);
    memset(sums, 0, (size_t)count * RADPHI_PANEL * sizeof(float));
    for (int part = 0; part < product->parts; part++) {
        const radphi_matrix *matrix = &product->matrix[part];
        if (matrix->packing >= RADPHI_W8) part_int8(matrix, &product->input[part], arranged[part], panel, count, sums, scratch);
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
    float *widened = scratch;
    float *scores = widened + RADPHI_EXPANDED_BYTES / sizeof(float); // [RADPHI_QUERY_ROWS][reach]
    float *mixed = scores + (size_t)RADPHI_QUERY_ROWS * reach;       // [RADPHI_QUERY_ROWS][padded]
    float *queries = mixed + (size_t)RADPHI_QUERY_ROWS * padded;     // [RADPHI_QUERY_ROWS][padded]
    const float scale = 1.0f / sqrtf((float)size);
    for (int head = shared * group; head < (shared + 1) * group; head++) {
        for (int first = 0; first < sequence->queries; first += RADPHI_QUERY_ROWS) {
            const int rows = sequence->queries - first < RADPHI_QUERY_ROWS ? sequence->queries - first : RADPHI_QUERY_ROWS;
            const int last = sequence->past + skipped + first + rows; // keys that the last of these rows sees
            for (int r = 0; r < rows; r++) {
                float *q = queries + (size_t)r * padded;
                const size_t position = (size_t)(last - rows + r);
                memcpy(q, job->query + (size_t)(sequence->query + first + r) * job->query_stride + head * size, (size_t)size * sizeof(float));
                rotate(q, job->cosines + position * half, job->sines + position * half, half);
                for (int i = 0; i < size; i++) q[i] *= scale;
            }
            memset(scores, 0, (size_t)rows * reach * sizeof(float));
            for (int block = 0; block < last; block += 64) {
                const uint8_t *from = keys + (size_t)block * size * number;
                if (narrow) rows_shared(from, RADPHI_F16, 64, size, queries, (size_t)padded, rows, scores + block, (size_t)reach, widened);
                else rows_shared(from, RADPHI_F32, 64, size, queries, (size_t)padded, rows, scores + block, (size_t)reach, widened);
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
            if (narrow) rows_shared(values, RADPHI_F16, padded, last, scores, (size_t)reach, rows, mixed, (size_t)padded, widened);
            else rows_shared(values, RADPHI_F32, padded, last, scores, (size_t)reach, rows, mixed, (size_t)padded, widened);
            for (int r = 0; r < rows; r++) {
                float *out = job->out + (size_t)(sequence->query + first + r) * job->out_stride + head * size;
                for (int i = 0; i < size; i++) out[i] = mixed[r * padded + i] * inverse[r];
            }
        }
    }
}

const radphi_kernels KERNELS = {
    .norm = norm, .quantize = quantize, .arranged_size = arranged_size, .arrange = arrange, .panel = panel, .attend = attend};
