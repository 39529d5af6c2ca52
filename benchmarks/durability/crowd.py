#!/usr/bin/env python3
"""Two builders, eight readers and random kills on one index.

    crowd.py PROGRAM MODEL CORPUS [--minutes 10] [--articles 20] [--seed 1]

The builders build variants of a corpus, each with its own mark in every article; some of them are killed. A builder that finds another at work must end with
75. Whatever a reader finds must carry one mark only. Exits with 1 at the first violation.
"""
import argparse, collections, json, os, random, re, shutil, signal, subprocess, tempfile, threading, time

arguments = argparse.ArgumentParser()
arguments.add_argument("program"), arguments.add_argument("model"), arguments.add_argument("corpus")
arguments.add_argument("--minutes", type=float, default=10)
arguments.add_argument("--articles", type=int, default=20)
arguments.add_argument("--seed", type=int, default=1)
options = arguments.parse_args()
program, model = os.path.abspath(options.program), os.path.abspath(options.model)
work = tempfile.mkdtemp(prefix="radphi-crowd-")
index = os.path.join(work, "index")
tally, violations, lock = collections.Counter(), [], threading.Lock()
rng = random.Random(options.seed)
articles = sorted(os.path.join(folder, name) for folder, _, names in os.walk(options.corpus) for name in names if name.endswith(".md") and "articles" in folder)
chosen = rng.sample(articles, options.articles)
VARIANTS = 6
for variant in range(VARIANTS):
    os.mkdir(os.path.join(work, f"corpus-{variant}"))
    for path in chosen:
        shutil.copy(path, os.path.join(work, f"corpus-{variant}"))
        with open(os.path.join(work, f"corpus-{variant}", os.path.basename(path)), "a") as file:
            file.write(f"\n## Practical points\n\nThe zanzibar mark of this variant is mark{variant}mark.\n")


def count(what):
    with lock:
        tally[what] += 1


def violated(what):
    with lock:
        violations.append(what)


def build(variant, wait):
    process = subprocess.Popen([program, "index", "build", "--corpus", os.path.join(work, f"corpus-{variant}"), "--model", model, "--index", index, "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, error = process.communicate(timeout=wait)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        count("builds killed")
        return
    count({0: "builds finished", 75: "builds refused with 75"}.get(process.returncode, "builds failed"))
    if process.returncode not in (0, 75):
        violated(f"build: exit {process.returncode}: {error.decode()[:300]}")


def builder(seed):
    own = random.Random(seed)
    while time.monotonic() < end and not violations:
        build(own.randrange(VARIANTS), own.uniform(0.05, 3) if own.random() < 0.4 else None)


def reader():
    while time.monotonic() < end and not violations:
        done = subprocess.run([program, "search", "zanzibar mark of this variant", "--model", model, "--index", index, "--json", "-k", "20"], capture_output=True)
        if done.returncode != 0:
            violated(f"search: exit {done.returncode}: {done.stderr.decode()[:300]}")
            return
        marks = set(re.findall(r"mark(\d)mark", done.stdout.decode()))
        if len(marks) != 1 or len(json.loads(done.stdout)["hits"]) != 20:
            violated(f"search: marks {sorted(marks)}")
        count("searches")


try:
    end = time.monotonic() + options.minutes * 60
    build(0, None)
    threads = [threading.Thread(target=builder, args=(options.seed + n,)) for n in (1, 2)] + [threading.Thread(target=reader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    build(1, None)
    if subprocess.run([program, "index", "verify", "--index", index], capture_output=True).returncode != 0:
        violated("the last index does not verify")
    print(json.dumps(dict(tally, minutes=options.minutes, violations=violations)))
finally:
    shutil.rmtree(work, ignore_errors=True)
raise SystemExit(1 if violations else 0)
