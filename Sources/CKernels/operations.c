// The operations of kernels.h, shared out to the pool's threads.

#include <stdlib.h>
#include <string.h>

#include "kernel_table.h"

// MARK: Rows

struct rows_job {
    const radphi_kernels *kernels;
    const float *x;
    int columns, count;
    const float *weight, *bias;
    float epsilon;
    radphi_rows out;
};

enum { ROWS_A_TASK = 8 };

static void quantize_row(const struct rows_job *job, int row) {
    const size_t blocks = (size_t)job->columns / RADPHI_BLOCK;
    job->kernels->quantize(
        job->out.values + (size_t)row * job->out.stride, job->columns, job->out.quants + (size_t)row * job->columns, job->out.scales + row * blocks,
        job->out.sums + row * blocks);
}

static void norm_task(const void *context, int task, void *scratch) {
    (void)scratch;
    const struct rows_job *job = context;
    for (int row = task * ROWS_A_TASK; row < job->count && row < (task + 1) * ROWS_A_TASK; row++) {
        job->kernels->norm(
            job->x + (size_t)row * job->columns, job->columns, job->weight, job->bias, job->epsilon, job->out.values + (size_t)row * job->out.stride);
        if (job->out.quants) quantize_row(job, row);
    }
}

bool radphi_norm_rows(
    radphi_pool *pool, int set, const float *x, int count, int columns, const float *weight, const float *bias, float epsilon, const radphi_rows *out) {
    const struct rows_job job = {radphi_kernels_for(set), x, columns, count, weight, bias, epsilon, *out};
    return radphi_pool_run(pool, norm_task, &job, (count + ROWS_A_TASK - 1) / ROWS_A_TASK, 0);
}

static void quantize_task(const void *context, int task, void *scratch) {
    (void)scratch;
    const struct rows_job *job = context;
    for (int row = task * ROWS_A_TASK; row < job->count && row < (task + 1) * ROWS_A_TASK; row++) quantize_row(job, row);
}

bool radphi_quantize_rows(radphi_pool *pool, int set, const radphi_rows *rows, int count, int columns) {
    const struct rows_job job = {.kernels = radphi_kernels_for(set), .columns = columns, .count = count, .out = *rows};
    return radphi_pool_run(pool, quantize_task, &job, (count + ROWS_A_TASK - 1) / ROWS_A_TASK, 0);
}

// MARK: Products

/// The input of one part of a product.
struct part_input {
    const radphi_rows *rows;
    int packing, count, columns;
    size_t size, offset;  // in the order that the kernels want, in the job's memory; size 0 where they take the rows as they are
    const void *arranged; // or NULL
};

enum { TOGETHER = 4 }; // a block of Phi has so many that wait for nothing but its input

struct product_job {
    const radphi_kernels *kernels;
    const radphi_product *products;
    int count;
    int panels;        // of all products
    int panels_a_task;
    struct part_input inputs[TOGETHER][2];
};

static int panels_of(const radphi_product *product) {
    return product->count > 0 ? (product->matrix[0].rows + RADPHI_PANEL - 1) / RADPHI_PANEL : 0;
}

static void product_task(const void *context, int task, void *scratch) {
    const struct product_job *job = context;
    const int end = (task + 1) * job->panels_a_task;
    int first = 0;
    for (int p = 0; p < job->count; p++) {
        const int panels = panels_of(&job->products[p]);
        const void *const arranged[2] = {job->inputs[p][0].arranged, job->inputs[p][1].arranged};
        for (int i = task * job->panels_a_task < first ? first : task * job->panels_a_task; i < end && i < first + panels; i++)
            job->kernels->panel(&job->products[p], arranged, i - first, scratch);
        first += panels;
    }
}

struct arrange_job {
    const radphi_kernels *kernels;
    const struct part_input *input;
    void *arranged;
};

static void arrange_task(const void *context, int task, void *scratch) {
    (void)scratch;
    const struct arrange_job *job = context;
    const struct part_input *input = job->input;
    job->kernels->arrange(input->packing, input->rows, input->count, input->columns, task, job->arranged);
}

/// The first part with the same input for the same packing, which may be this one.
static struct part_input *first_alike(struct part_input *all, int i) {
    int j = 0;
    while (j < i && !(all[j].size > 0 && all[j].rows->quants == all[i].rows->quants && all[j].packing == all[i].packing && all[j].count == all[i].count &&
                      all[j].columns == all[i].columns))
        j++;
    return &all[j];
}

/// Puts inputs into the order that the kernels want, one that several parts share once. False when memory is short; `memory` is the caller's to free.
static bool arrange(radphi_pool *pool, struct product_job *job, void **memory) {
    struct part_input *const all = job->inputs[0];
    size_t total = 0;
    for (int i = 0; i < 2 * job->count; i++) {
        const radphi_product *product = &job->products[i / 2];
        const radphi_matrix *matrix = &product->matrix[i % 2];
        if (i % 2 >= product->parts || product->count <= 0) continue;
        const size_t size = job->kernels->arranged_size(matrix->packing, product->count, matrix->columns);
        all[i] = (struct part_input){&product->input[i % 2], matrix->packing, product->count, matrix->columns, size, total, NULL};
        if (size > 0 && first_alike(all, i) == &all[i]) total += (size + 63) / 64 * 64;
    }
    if (total == 0) return true;
    if (posix_memalign(memory, 64, total) != 0) return false;
    for (int i = 0; i < 2 * job->count; i++) {
        if (all[i].size == 0) continue;
        const struct part_input *first = first_alike(all, i);
        all[i].arranged = (uint8_t *)*memory + first->offset;
        const struct arrange_job task = {job->kernels, first, (uint8_t *)*memory + first->offset};
        const int tasks = (first->count + RADPHI_ARRANGED_ROWS - 1) / RADPHI_ARRANGED_ROWS;
        if (first == &all[i] && !radphi_pool_run(pool, arrange_task, &task, tasks, 0)) return false;
    }
    return true;
}

/// At most TOGETHER of them.
static bool multiply_some(radphi_pool *pool, int set, const radphi_product *products, int count) {
    struct product_job job = {.kernels = radphi_kernels_for(set), .products = products, .count = count, .panels_a_task = 1};
    int rows = 0;
    for (int p = 0; p < count; p++) {
        job.panels += panels_of(&products[p]);
        if (products[p].count > rows) rows = products[p].count;
    }
    // A few rows: longer runs of weights for the prefetcher, yet enough tasks to keep the threads evenly busy.
    if (rows < 16) job.panels_a_task = job.panels / (radphi_pool_threads(pool) * 12);
    if (job.panels_a_task < 1) job.panels_a_task = 1;
    const size_t scratch = RADPHI_EXPANDED_BYTES + (size_t)rows * RADPHI_PANEL * sizeof(float);
    void *memory = NULL;
    const bool done = arrange(pool, &job, &memory) &&
        radphi_pool_run(pool, product_task, &job, (job.panels + job.panels_a_task - 1) / job.panels_a_task, scratch);
    free(memory);
    return done;
}

bool radphi_multiply(radphi_pool *pool, int set, const radphi_product *products, int count) {
    for (int first = 0; first < count; first += TOGETHER) {
        const int some = count - first < TOGETHER ? count - first : TOGETHER;
        if (!multiply_some(pool, set, products + first, some)) return false;
    }
    return true;
}

// MARK: Attention

struct attention {
    const radphi_kernels *kernels;
    const radphi_attention_job *job;
};

static void attention_task(const void *context, int task, void *scratch) {
    const struct attention *attention = context;
    const radphi_attention_job *job = attention->job;
    attention->kernels->attend(job, &job->sequences[task / job->shared_heads], task % job->shared_heads, scratch);
}

bool radphi_attend(radphi_pool *pool, int set, const radphi_attention_job *job) {
    const struct attention attention = {radphi_kernels_for(set), job};
    size_t reach = 0;
    for (int i = 0; i < job->sequence_count; i++) {
        const size_t seen = (size_t)(job->sequences[i].past + job->sequences[i].count + 63) / 64 * 64;
        if (seen > reach) reach = seen;
    }
    const size_t padded = (size_t)(job->head_size + 15) / 16 * 16;
    const size_t scratch = RADPHI_EXPANDED_BYTES + RADPHI_QUERY_ROWS * (reach + 2 * padded) * sizeof(float);
    return radphi_pool_run(pool, attention_task, &attention, job->sequence_count * job->shared_heads, scratch);
}
