#include "CFaiss.h"

#include <exception>
#include <memory>
#include <new>
#include <string>

#include <faiss/AutoTune.h>
#include <faiss/Index.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

// The toolchain's clang has no omp.h; this is the one function of it that is needed.
extern "C" void omp_set_num_threads(int);

struct cfaiss_index {
    std::unique_ptr<faiss::Index> index;
};

namespace {

thread_local char lastError[512] = "";

struct CallbackFailure : std::exception {
    const char *what() const noexcept override { return "the file could not be read or written"; }
};

cfaiss_status fail(cfaiss_status status, const char *reason) noexcept {
    size_t length = 0;
    // Copied by hand: a std::string could throw here, where memory may have run out.
    for (; reason[length] != 0 && length + 1 < sizeof(lastError); ++length) lastError[length] = reason[length];
    lastError[length] = 0;
    return status;
}

template <typename Body>
cfaiss_status guarded(cfaiss_status otherwise, Body body) noexcept {
    try {
        body();
        return CFAISS_OK;
    } catch (const std::bad_alloc &) {
        return fail(CFAISS_NO_MEMORY, "out of memory");
    } catch (const CallbackFailure &failure) {
        return fail(CFAISS_IO, failure.what());
    } catch (const faiss::FaissException &failure) {
        return fail(otherwise, failure.what());
    } catch (const std::exception &failure) {
        return fail(CFAISS_FAILED, failure.what());
    } catch (...) {
        return fail(CFAISS_FAILED, "an unknown C++ exception");
    }
}

struct CallbackWriter : faiss::IOWriter {
    cfaiss_write_function write;
    void *context;

    CallbackWriter(cfaiss_write_function write, void *context) : write(write), context(context) {}

    size_t operator()(const void *bytes, size_t size, size_t count) override {
        size_t total = 0;
        if (__builtin_mul_overflow(size, count, &total)) throw CallbackFailure();
        if (total > 0 && write(context, bytes, total) != 0) throw CallbackFailure();
        return count;
    }
};

struct CallbackReader : faiss::IOReader {
    cfaiss_read_function read;
    void *context;

    CallbackReader(cfaiss_read_function read, void *context) : read(read), context(context) {}

    size_t operator()(void *bytes, size_t size, size_t count) override {
        size_t total = 0;
        if (__builtin_mul_overflow(size, count, &total)) throw CallbackFailure();
        if (total > 0 && read(context, bytes, total) != 0) throw CallbackFailure();
        return count;
    }
};

}  // namespace

const char *cfaiss_last_error(void) noexcept { return lastError; }

cfaiss_status cfaiss_create(int dimension, const char *factory, cfaiss_metric metric, cfaiss_index **out) noexcept {
    if (dimension <= 0 || factory == nullptr || out == nullptr) return fail(CFAISS_INVALID, "a positive dimension and a factory string are needed");
    return guarded(CFAISS_INVALID, [&] {
        auto made = std::make_unique<cfaiss_index>();
        made->index.reset(faiss::index_factory(dimension, factory, metric == CFAISS_L2 ? faiss::METRIC_L2 : faiss::METRIC_INNER_PRODUCT));
        *out = made.release();
    });
}

void cfaiss_free(cfaiss_index *index) noexcept { delete index; }

int64_t cfaiss_count(const cfaiss_index *index) noexcept { return index == nullptr ? 0 : index->index->ntotal; }
int cfaiss_dimension(const cfaiss_index *index) noexcept { return index == nullptr ? 0 : static_cast<int>(index->index->d); }
int cfaiss_is_trained(const cfaiss_index *index) noexcept { return index != nullptr && index->index->is_trained ? 1 : 0; }

cfaiss_status cfaiss_train(cfaiss_index *index, int64_t count, const float *vectors) noexcept {
    if (index == nullptr || count < 0 || (vectors == nullptr && count > 0)) return fail(CFAISS_INVALID, "vectors are needed to train");
    return guarded(CFAISS_FAILED, [&] { index->index->train(count, vectors); });
}

cfaiss_status cfaiss_add(cfaiss_index *index, int64_t count, const float *vectors) noexcept {
    if (index == nullptr || count < 0 || (vectors == nullptr && count > 0)) return fail(CFAISS_INVALID, "vectors are needed to add");
    if (!index->index->is_trained) return fail(CFAISS_INVALID, "the index must be trained before vectors are added");
    if (count == 0) return CFAISS_OK;
    return guarded(CFAISS_FAILED, [&] { index->index->add(count, vectors); });
}

cfaiss_status cfaiss_set_parameter(cfaiss_index *index, const char *name, double value) noexcept {
    if (index == nullptr || name == nullptr) return fail(CFAISS_INVALID, "a parameter needs a name");
    return guarded(CFAISS_INVALID, [&] { faiss::ParameterSpace().set_index_parameter(index->index.get(), name, value); });
}

cfaiss_status cfaiss_search(const cfaiss_index *index, int64_t count, const float *queries, int64_t limit,
                            float *scores, int64_t *labels) noexcept {
    if (index == nullptr || count < 0 || limit <= 0) return fail(CFAISS_INVALID, "a search needs a positive limit");
    if (count == 0) return CFAISS_OK;
    if (queries == nullptr || scores == nullptr || labels == nullptr) return fail(CFAISS_INVALID, "a search needs its buffers");
    return guarded(CFAISS_FAILED, [&] { index->index->search(count, queries, limit, scores, labels); });
}

cfaiss_status cfaiss_reconstruct(const cfaiss_index *index, int64_t label, float *vector) noexcept {
    if (index == nullptr || vector == nullptr || label < 0 || label >= index->index->ntotal) return fail(CFAISS_INVALID, "no vector has that label");
    return guarded(CFAISS_FAILED, [&] { index->index->reconstruct(label, vector); });
}

cfaiss_status cfaiss_write(const cfaiss_index *index, cfaiss_write_function write, void *context) noexcept {
    if (index == nullptr || write == nullptr) return fail(CFAISS_INVALID, "an index and a writer are needed");
    return guarded(CFAISS_FAILED, [&] {
        CallbackWriter writer(write, context);
        faiss::write_index(index->index.get(), &writer);
    });
}

cfaiss_status cfaiss_read(cfaiss_read_function read, void *context, cfaiss_index **out) noexcept {
    if (read == nullptr || out == nullptr) return fail(CFAISS_INVALID, "a reader is needed");
    return guarded(CFAISS_FAILED, [&] {
        CallbackReader reader(read, context);
        auto made = std::make_unique<cfaiss_index>();
        made->index.reset(faiss::read_index(&reader));
        *out = made.release();
    });
}

void cfaiss_set_threads(int count) noexcept { omp_set_num_threads(count < 1 ? 1 : count); }
