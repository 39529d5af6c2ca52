#!/usr/bin/env python3
"""Search over random unit vectors through the project's FAISS boundary, beside Python's faiss on the same vectors and factory.

    compare.py [--vectors 100000] [--dimension 256] [--queries 200] [FACTORY[@PARAMETER=VALUE] ...]

Needs clang and, in Python, numpy and faiss-cpu. Prints a line of JSON per factory: recall@10 of both against exact search, the share of
queries whose ten hits are the same set in both, build time, and latency of single queries on one thread.
"""
import argparse, json, os, subprocess, tempfile
import faiss, numpy

arguments = argparse.ArgumentParser()
arguments.add_argument("factories", nargs="*", default=["Flat", "PQ64x4fs,RFlat@k_factor_rf=320", "PQ128x4fs,RFlat@k_factor_rf=50"])
arguments.add_argument("--vectors", type=int, default=100_000)
arguments.add_argument("--dimension", type=int, default=256)
arguments.add_argument("--queries", type=int, default=200)
options = arguments.parse_args()
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
header, dimension = f"{root}/Sources/CFaiss/include", options.dimension


def unit(random, count):
    rows = random.standard_normal((count, dimension), dtype=numpy.float32)
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def recall(found, exact):
    return float(numpy.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact)]))


with tempfile.TemporaryDirectory() as work:
    subprocess.run(["clang", "-O2", "-c", f"-I{header}", f"{root}/benchmarks/vectors/search.c", "-o", f"{work}/search.o"], check=True)
    subprocess.run(["clang++", "-O2", "-std=c++17", f"-I{header}", f"{root}/Sources/CFaiss/CFaiss.cpp", f"{work}/search.o", "-lfaiss", "-lopenblas", "-lgomp", "-o", f"{work}/search"], check=True)
    random = numpy.random.default_rng(7)
    base, queries = unit(random, options.vectors), unit(random, options.queries)
    base.tofile(f"{work}/base"), queries.tofile(f"{work}/queries")
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(dimension)
    flat.add(base)
    exact = flat.search(queries, 10)[1]
    for word in options.factories:
        factory, _, setting = word.partition("@")
        name, _, value = setting.partition("=")
        line = subprocess.run(
            [f"{work}/search", factory, str(dimension), f"{work}/base", f"{work}/queries", "10", name or "-", value or "0", f"{work}/result"],
            check=True, stdout=subprocess.PIPE, env=dict(os.environ, OPENBLAS_NUM_THREADS="1")).stdout
        mine = numpy.fromfile(f"{work}/result", dtype=numpy.int64).reshape(-1, 10)
        other = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
        if not other.is_trained:
            other.train(base[:16384])
        other.add(base)
        if name:
            faiss.ParameterSpace().set_index_parameter(other, name, float(value))
        theirs = other.search(queries, 10)[1]
        same = float(numpy.mean([set(a) == set(b) for a, b in zip(mine, theirs)]))
        print(json.dumps(dict(json.loads(line), recall_at_10=recall(mine, exact), python_faiss=faiss.__version__, python_recall_at_10=recall(theirs, exact), same_ten=same)), flush=True)
