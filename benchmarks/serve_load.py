"""Sends pipelined requests to `radphi-rag serve`, a tenth of them malformed, and checks every line that comes back.

    python3 benchmarks/serve_load.py --requests 10000 -- .build/release/radphi-rag serve [options]

Every request must be answered exactly once with its id, every malformed line exactly once, every line must parse, and the server must end with 0.
Prints one JSON object: requests, seconds, requests per second, resident memory (MiB) after a tenth of the answers and at the end, cancel latencies (ms).
Standard library only.
"""
import argparse
import collections
import json
import random
import statistics
import subprocess
import sys
import threading
import time

QUERIES = ["halo sign", "CT of acute appendicitis", "pneumothorax on ultrasound", "MRI of meningioma", "treatment of osteoid osteoma", "aortic disection", "col:NEAR(\"a\" AND b*", "<|endoftext|>"]
BAD = ["", "{", "nonsense", "[1, 2]", "7", "null", '"text"', '{"id": 1.5, "op": "status"}', '{"id": [1], "op": "status"}', '{"id": {"a": 1}, "op": "status"}', '{"op": "status"}', '{"id": null, "op": "status"}',
       '{"id": "bad", "op": "dance"}', '{"id": "bad"}', '{"id": "bad", "op": "search"}', '{"id": "bad", "op": "search", "query": 5}', '{"id": "bad", "op": "search", "query": "x", "top_k": 0}',
       '{"id": "bad", "op": "ask", "question": "   "}', '{"id": "bad", "op": "ask", "question": "x", "sistem": "Chest"}', '{"id": "bad", "op": "search", "query": "x", "system": "Chets"}',
       '{"id": "bad", "op": "cancel"}', '{"id": "bad", "op": "embed", "texts": [1]}', "[" * 5000, '{"id": "bad", "op": "search", "query": "\\ud800"}', "\x00\x01\x02"]


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def request(number, random):
    kind = random.random()
    if kind < 0.70:
        return {"id": number, "op": "search", "query": random.choice(QUERIES), "top_k": random.randint(1, 10)}
    if kind < 0.90:
        return {"id": number, "op": "status"}
    if kind < 0.97:
        return {"id": number, "op": "embed", "text": random.choice(QUERIES)}
    return {"id": number, "op": "ask", "question": random.choice(QUERIES), "mode": random.choice(["auto", "extract"]), "stream": random.random() < 0.5}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--cancels", type=int, default=100, help="questions that are cancelled after the load")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    server = subprocess.Popen(options.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    answered, errors_without_id, lines = collections.Counter(), 0, 0
    sent_bad = sum(1 for _ in range(options.requests) if dice.random() < 0.1)
    good = options.requests - sent_bad
    plan = ["bad"] * sent_bad + ["good"] * good
    dice.shuffle(plan)
    expected, bad_lines = {}, 0
    cancel_sent, cancel_seen = {}, {}
    finished = threading.Event()

    def write():
        nonlocal bad_lines
        for number, kind in enumerate(plan):
            if kind == "bad":
                line = dice.choice(BAD)
                if line:  # an empty line is no request and has no answer
                    bad_lines += 1
            else:
                expected[number] = True
                line = json.dumps(request(number, dice))
            server.stdin.write(line.encode("utf-8", "surrogatepass") + b"\n")
        server.stdin.flush()
        finished.wait()
        for number in range(options.cancels):
            target = f"slow-{number}"
            server.stdin.write((json.dumps({"id": target, "op": "ask", "question": dice.choice(QUERIES[:5]), "mode": "generate", "max_tokens": 1024}) + "\n").encode())
            server.stdin.flush()
            time.sleep(dice.random() * 0.2)
            cancel_sent[target] = time.monotonic()
            server.stdin.write((json.dumps({"id": f"stop-{number}", "op": "cancel", "target": target}) + "\n").encode())
            server.stdin.flush()
        server.stdin.close()

    writer = threading.Thread(target=write)
    began = time.monotonic()
    writer.start()
    early = late = seconds = None
    for line in server.stdout:
        lines += 1
        message = json.loads(line)
        assert isinstance(message, dict) and "id" in message, line
        key = message["id"] if isinstance(message["id"], (int, str)) else None
        if isinstance(key, str) and key.startswith(("slow-", "stop-")):
            assert key not in cancel_seen, f"{key} is answered twice"
            cancel_seen[key] = time.monotonic()
            continue
        if message.get("event") in ("sources", "token"):
            continue
        if key is None or key == "bad":
            assert "error" in message, line
            errors_without_id += 1
        else:
            assert "error" not in message, line
            answered[key] += 1
        done = sum(answered.values()) + errors_without_id if lines % 64 == 0 or not finished.is_set() else 0
        if early is None and done >= options.requests // 10:
            early = resident(server.pid)
        if not finished.is_set() and len(answered) == good and errors_without_id >= bad_lines:
            seconds, late = time.monotonic() - began, resident(server.pid)
            finished.set()
    status = server.wait()
    writer.join()
    assert status == 0, f"the server ended with {status}"
    assert set(answered) == set(expected) and set(answered.values()) == {1}, "not every request was answered once"
    assert errors_without_id == bad_lines, f"{bad_lines} malformed lines, {errors_without_id} error lines"
    assert len(cancel_seen) == 2 * options.cancels, "a cancelled request or a cancel was not answered"
    latencies = sorted((cancel_seen[key] - sent) * 1000 for key, sent in cancel_sent.items())
    print(json.dumps({
        "requests": options.requests, "malformed": bad_lines, "lines": lines, "seconds": round(seconds, 2), "requests_per_second": round(options.requests / seconds),
        "resident_early_mib": round(early or 0), "resident_end_mib": round(late), "cancels": options.cancels,
        "cancel_ms": {"median": round(statistics.median(latencies), 1), "max": round(latencies[-1], 1)} if latencies else None}))


if __name__ == "__main__":
    sys.exit(main())
