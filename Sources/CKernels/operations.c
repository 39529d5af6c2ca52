// The operations of kernels.h, shared out to the pool's threads.

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

struct product_job {
    const radphi_kernels *kernels;
    const radphi_product *products;
    int count;
    int panels;        // of all products
    int panels_a_task;
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
        for (int i = task * job->panels_a_task < first ? first : task * job->panels_a_task; i < end && i < first + panels; i++)
            job->kernels->panel(&job->products[p], i - first, scratch);
        first += panels;
    }
}

bool radphi_multiply(radphi_pool *pool, int set, const radphi_product *products, int count) {
    struct product_job job = {radphi_kernels_for(set), products, count, 0, 1};
    int rows = 0;
    for (int p = 0; p < count; p++) {
        job.panels += panels_of(&products[p]);
        if (products[p].count > rows) rows = products[p].count;
    }
    // A few rows: longer runs of weights for the prefetcher, yet enough tasks to keep the threads evenly busy.
    if (rows < 16) job.panels_a_task = job.panels / (radphi_pool_threads(pool) * 12);
    if (job.panels_a_task < 1) job.panels_a_task = 1;
    const size_t scratch = RADPHI_EXPANDED_BYTES + (size_t)rows * RADPHI_PANEL * sizeof(float);
    return radphi_pool_run(pool, product_task, &job, (job.panels + job.panels_a_task - 1) / job.panels_a_task, scratch);
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
    return radphi_pool_run(
        pool, attention_task, &attention, job->sequence_count * job->shared_heads, RADPHI_QUERY_ROWS * (reach + padded) * sizeof(float));
}
