#!/usr/bin/env python3
"""Tries to break an index: builds killed at random moments, and builds whose n-th write, fsync, rename or open fails.

    durability.py PROGRAM MODEL CORPUS [--kills 200] [--articles 40] [--seed 1]

After each, the index that opens must be exactly the old or the new one, and the next build must give the files of a clean build.
Needs clang (or cc) for the faults; exits with 1 at the first violation.
"""
import argparse, errno, json, os, random, shutil, signal, subprocess, sys, tempfile, time

arguments = argparse.ArgumentParser()
arguments.add_argument("program"), arguments.add_argument("model"), arguments.add_argument("corpus")
arguments.add_argument("--kills", type=int, default=200)
arguments.add_argument("--articles", type=int, default=40)
arguments.add_argument("--seed", type=int, default=1)
arguments.add_argument("--most-faults", type=int, default=10_000, help="faults to try of each kind")
options = arguments.parse_args()
program, model = os.path.abspath(options.program), os.path.abspath(options.model)
rng = random.Random(options.seed)
work = tempfile.mkdtemp(prefix="radphi-durability-")
corpus, index, old, clean = (os.path.join(work, name) for name in ("corpus", "index", "old", "clean"))


def command(target, *more):
    return [program, "index", *more, "--index", target]


def build(target, **extra):
    words = command(target, "build", "--corpus", corpus, "--model", model, "--json")
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **extra)


def files(target):
    """Hashes of the live generation, after every file was checked."""
    done = subprocess.run(command(target, "verify", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"the index does not open: {done.stdout} {done.stderr}")
    manifest = json.loads(done.stdout)["manifest"]
    return {name: value["sha256"] for name, value in manifest["files"].items()}


def restore(with_cache):
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(old, index)
    if not with_cache:
        os.remove(os.path.join(index, "embeddings.sqlite"))


def check(what, outcome):
    live = files(index)
    if live not in (before, after):
        sys.exit(f"{what}: the live index is neither the old nor the new one")
    outcome["new" if live == after else "old"] += 1
    done = build(index)
    if done.returncode != 0:
        sys.exit(f"{what}: the next build fails: {done.stdout} {done.stderr}")
    if files(index) != after:
        sys.exit(f"{what}: the resumed build differs from a clean one")
    leavings = set(os.listdir(os.path.join(index, "generations"))) - {"000001", "000002"}
    if leavings:
        sys.exit(f"{what}: {leavings} was left behind")


try:
    articles = sorted(os.path.join(folder, name) for folder, _, names in os.walk(options.corpus) for name in names if name.endswith(".md") and "articles" in folder)
    os.mkdir(corpus)
    for path in rng.sample(articles, options.articles):
        shutil.copy(path, corpus)
    if build(old).returncode != 0:
        sys.exit("the first build fails")
    before = files(old)
    for name in sorted(os.listdir(corpus))[::3]:
        with open(os.path.join(corpus, name), "a") as file:
            file.write(f"\nA sentence that was added later to {name}.\n")
    started = time.monotonic()
    if build(clean).returncode != 0:
        sys.exit("the clean build fails")
    duration = time.monotonic() - started
    after = files(clean)
    assert before != after

    outcome = {"old": 0, "new": 0}
    for number in range(options.kills):
        with_cache = rng.random() < 0.5
        restore(with_cache)
        words = command(index, "build", "--corpus", corpus, "--model", model)
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # With a cache a build is short; half of the kills aim at its end, where it publishes.
        limit = duration * (0.5 if with_cache else 1.05)
        time.sleep(rng.uniform(0, limit) if rng.random() < 0.5 else rng.uniform(0.6, 1) * limit)
        process.send_signal(signal.SIGKILL)
        process.wait()
        check(f"kill {number}", outcome)
    print(json.dumps({"kills": options.kills, "found": outcome, "clean_build_seconds": round(duration, 2)}), flush=True)

    library = os.path.join(work, "fault.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fault.c")
    compiler = shutil.which("clang") or shutil.which("cc")
    subprocess.run([compiler, "-O1", "-w", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    mark = os.path.join(work, "fired")
    for call, code in (("write", errno.ENOSPC), ("write", errno.EIO), ("fsync", errno.EIO), ("rename", errno.EIO), ("open", errno.EACCES), ("short", 0)):
        outcome, number, failed = {"old": 0, "new": 0}, 0, 0
        while number < options.most_faults:
            number += 1
            restore(True)
            if os.path.exists(mark):
                os.remove(mark)
            environment = dict(os.environ, LD_PRELOAD=library, FAULT_CALL=call, FAULT_PATH=index, FAULT_NUMBER=str(number), FAULT_ERRNO=str(code), FAULT_MARK=mark)
            done = build(index, env=environment)
            if not os.path.exists(mark):
                break
            if done.returncode == 74:
                failed += 1
            elif done.returncode != 0:
                sys.exit(f"{call} {number}: exit {done.returncode} instead of 74: {done.stdout} {done.stderr}")
            check(f"{call} {number}", outcome)
        print(json.dumps({"fault": call, "errno": errno.errorcode.get(code, ""), "fired": number - 1, "exit_74": failed, "found": outcome}), flush=True)
finally:
    shutil.rmtree(work, ignore_errors=True)
