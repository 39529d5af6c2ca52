// Builds a FAISS index through the project's own boundary and times single queries on one thread.
//
//   search FACTORY DIMENSION BASE QUERIES LIMIT PARAMETER VALUE RESULT
//
// BASE and QUERIES are files of little-endian floats, [count, DIMENSION]. RESULT receives the labels, [queries, LIMIT], as 64-bit integers.
// PARAMETER may be "-". One line of JSON goes to stdout.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CFaiss.h"

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static float *load(const char *path, size_t dimension, int64_t *count) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) { perror(path); exit(66); }
    size_t bytes = (size_t)ftell(file);
    rewind(file);
    float *values = malloc(bytes > 0 ? bytes : 1);
    if (values == NULL || fread(values, 1, bytes, file) != bytes) { perror(path); exit(74); }
    fclose(file);
    *count = (int64_t)(bytes / (dimension * sizeof(float)));
    return values;
}

static void check(cfaiss_status status) {
    if (status != CFAISS_OK) { fprintf(stderr, "%s\n", cfaiss_last_error()); exit(1); }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// As many as the program trains on.
enum { TRAINING = 16384 };

int main(int argc, char **argv) {
    if (argc != 9) { fprintf(stderr, "search FACTORY DIMENSION BASE QUERIES LIMIT PARAMETER VALUE RESULT\n"); return 64; }
    size_t dimension = (size_t)atoi(argv[2]);
    int64_t limit = atoi(argv[5]), count = 0, queries = 0;
    float *base = load(argv[3], dimension, &count);
    float *query = load(argv[4], dimension, &queries);

    cfaiss_set_threads(1);
    cfaiss_index *index = NULL;
    check(cfaiss_create((int)dimension, argv[1], CFAISS_INNER_PRODUCT, &index));
    double started = seconds();
    if (!cfaiss_is_trained(index)) check(cfaiss_train(index, count < TRAINING ? count : TRAINING, base));
    check(cfaiss_add(index, count, base));
    double built = seconds() - started;
    if (strcmp(argv[6], "-") != 0) check(cfaiss_set_parameter(index, argv[6], atof(argv[7])));

    float *scores = malloc((size_t)(queries * limit) * sizeof(float));
    int64_t *labels = malloc((size_t)(queries * limit) * sizeof(int64_t));
    double *times = malloc((size_t)queries * sizeof(double));
    // Once to warm up, once to measure.
    for (int round = 0; round < 2; ++round) {
        for (int64_t row = 0; row < queries; ++row) {
            double before = seconds();
            check(cfaiss_search(index, 1, query + row * (int64_t)dimension, limit, scores + row * limit, labels + row * limit));
            times[row] = seconds() - before;
        }
    }
    qsort(times, (size_t)queries, sizeof(double), ascending);
    FILE *result = fopen(argv[8], "wb");
    if (result == NULL || fwrite(labels, sizeof(int64_t), (size_t)(queries * limit), result) != (size_t)(queries * limit)) { perror(argv[8]); return 74; }
    fclose(result);
    printf("{\"factory\": \"%s\", \"dimension\": %zu, \"vectors\": %lld, \"parameter\": \"%s\", \"value\": %s, \"build_seconds\": %.1f, \"min_ms\": %.3f, \"p50_ms\": %.3f, \"p95_ms\": %.3f}\n",
           argv[1], dimension, (long long)count, argv[6], strcmp(argv[6], "-") == 0 ? "null" : argv[7], built, times[0] * 1e3, times[queries / 2] * 1e3, times[queries * 95 / 100] * 1e3);
    cfaiss_free(index);
    return 0;
}
