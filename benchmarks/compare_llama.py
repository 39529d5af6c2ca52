"""Compares the engine with llama.cpp (PyPI's llama-cpp-python) on the same GGUF files: prompt and decode speed, and the distance of
their logits.

    python -m venv venv && venv/bin/pip install llama-cpp-python numpy gguf
    venv/bin/python benchmarks/compare_llama.py make --type q4_0 phi2-q4_0.gguf           # random weights of Phi-2's shape
    venv/bin/python benchmarks/compare_llama.py speed phi2-q4_0.gguf --threads 2
    venv/bin/python benchmarks/compare_llama.py embed phi2-q4_0.gguf --threads 2
    venv/bin/python benchmarks/compare_llama.py logits model-q4_0.gguf --reference model-f32.gguf --text some-text.txt

`speed` runs the two programs in turns, several times, and prints the ratio of the medians. `embed` takes paragraphs of the corpus as documents: the engine embeds
them for an index, up to the layer that it takes its vectors from; llama.cpp pools the last layer's states, as many sequences in a batch as fit. `logits` prints the mean KL divergence of
the engine to llama.cpp on the same file, and of both to the engine on the reference file.
"""
import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PROGRAM = Path(__file__).resolve().parent.parent / ".build/release/radphi-rag"
SHAPE = dict(layers=32, hidden=2560, heads=32, inner=10240, vocabulary=51200, context=2048, rotary=32)


def byte_alphabet():
    """The characters that stand for the 256 bytes in GPT-2's tokenizer."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    extra = [b for b in range(256) if b not in plain]
    return [chr(b) for b in plain] + [chr(256 + i) for i in range(len(extra))]


def make(arguments):
    import gguf

    shape = dict(SHAPE, layers=arguments.layers)
    kind = {"f16": gguf.GGMLQuantizationType.F16, "q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_0": gguf.GGMLQuantizationType.Q4_0}[arguments.type]
    random = np.random.default_rng(1)

    def matrix(rows, columns):
        spread = 0.02
        if arguments.type == "f16":
            return (random.standard_normal((rows, columns), dtype=np.float32) * spread).astype(np.float16)
        if arguments.type == "q8_0":
            blocks = np.empty((rows * columns // 32, 34), np.uint8)
            blocks[:, 2:] = random.integers(-127, 128, (len(blocks), 32), dtype=np.int8).view(np.uint8)
            scales = random.uniform(0.5, 1.5, len(blocks)) * spread / 73
        else:
            blocks = np.empty((rows * columns // 32, 18), np.uint8)
            blocks[:, 2:] = random.integers(0, 256, (len(blocks), 16), dtype=np.uint8)
            scales = random.uniform(0.5, 1.5, len(blocks)) * spread / 4.6
        blocks[:, :2] = scales.astype(np.float16).view(np.uint8).reshape(-1, 2)
        return blocks.reshape(rows, -1)

    writer = gguf.GGUFWriter(arguments.file, "phi2")
    writer.add_name("random weights of Phi-2's shape")
    writer.add_context_length(shape["context"])
    writer.add_embedding_length(shape["hidden"])
    writer.add_feed_forward_length(shape["inner"])
    writer.add_block_count(shape["layers"])
    writer.add_head_count(shape["heads"])
    writer.add_head_count_kv(shape["heads"])
    writer.add_layer_norm_eps(1e-5)
    writer.add_rope_dimension_count(shape["rotary"])
    alphabet = byte_alphabet()
    pairs = [(a, b) for a in alphabet for b in alphabet][: shape["vocabulary"] - 257]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(alphabet + [a + b for a, b in pairs] + ["<|endoftext|>"])
    writer.add_token_types([1] * (shape["vocabulary"] - 1) + [3])
    writer.add_token_merges([f"{a} {b}" for a, b in pairs])
    writer.add_bos_token_id(shape["vocabulary"] - 1)
    writer.add_eos_token_id(shape["vocabulary"] - 1)
    writer.add_add_bos_token(False)

    hidden, inner = shape["hidden"], shape["inner"]
    raw = None if arguments.type == "f16" else kind
    zeros = lambda count: np.zeros(count, np.float32)
    layer = {  # every layer holds the same numbers: quick to make, and no matter to the speed
        "attn_qkv": (matrix(3 * hidden, hidden), 3 * hidden), "attn_output": (matrix(hidden, hidden), hidden),
        "ffn_up": (matrix(inner, hidden), inner), "ffn_down": (matrix(hidden, inner), hidden),
    }
    table = matrix(shape["vocabulary"], hidden)
    writer.add_tensor("token_embd.weight", table, raw_dtype=raw)
    for number in range(shape["layers"]):
        writer.add_tensor(f"blk.{number}.attn_norm.weight", zeros(hidden) + 1)
        writer.add_tensor(f"blk.{number}.attn_norm.bias", zeros(hidden))
        for name, (weights, rows) in layer.items():
            writer.add_tensor(f"blk.{number}.{name}.weight", weights, raw_dtype=raw)
            writer.add_tensor(f"blk.{number}.{name}.bias", zeros(rows))
    writer.add_tensor("output_norm.weight", zeros(hidden) + 1)
    writer.add_tensor("output_norm.bias", zeros(hidden))
    writer.add_tensor("output.weight", table, raw_dtype=raw)
    writer.add_tensor("output.bias", zeros(shape["vocabulary"]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Llama:
    """llama.cpp through its C interface: one sequence, or pooled states of several."""

    sequences = 32

    def __init__(self, path, threads, context, pooled=False):
        import llama_cpp

        self.c = llama_cpp
        llama_cpp.llama_backend_init()
        parameters = llama_cpp.llama_model_default_params()
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = context
        options.n_batch = max(512, context)
        options.n_ubatch = 512
        if pooled:
            options.n_ubatch = options.n_batch
            options.n_seq_max = self.sequences
            options.kv_unified = True
            options.embeddings = True
            options.pooling_type = llama_cpp.LLAMA_POOLING_TYPE_MEAN
        options.n_threads = options.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, options)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def clear(self):
        self.c.llama_memory_clear(self.c.llama_get_memory(self.context), True)

    def read(self, tokens, position, every=False):
        batch = self.c.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = position + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = every or i == len(tokens) - 1
        if self.c.llama_decode(self.context, batch) != 0:
            sys.exit("llama_decode failed")
        self.c.llama_batch_free(batch)
        self.c.llama_synchronize(self.context)

    def pool(self, texts):
        """The mean of the last states of each text, read in one batch."""
        batch = self.c.llama_batch_init(sum(map(len, texts)), 0, 1)
        batch.n_tokens = sum(map(len, texts))
        row = 0
        for sequence, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                batch.token[row], batch.pos[row], batch.n_seq_id[row], batch.logits[row] = token, position, 1, True
                batch.seq_id[row][0] = sequence
                row += 1
        if self.c.llama_decode(self.context, batch) != 0:
            sys.exit("llama_decode failed")
        self.c.llama_batch_free(batch)
        width = self.c.llama_model_n_embd(self.model)
        return [np.ctypeslib.as_array(self.c.llama_get_embeddings_seq(self.context, i), (width,)).copy() for i in range(len(texts))]

    def logits(self, row):
        return np.ctypeslib.as_array(self.c.llama_get_logits_ith(self.context, row), (self.vocabulary,)).astype(np.float64)


def llama_speed(arguments):
    """One timed run in this process: a warm-up, then the rates; printed as JSON."""
    llama = Llama(arguments.file, arguments.threads, arguments.prompt + arguments.generate + 8)
    prompt = [(i * 7919 + 11) % 50000 % llama.vocabulary for i in range(arguments.prompt)]
    prefill, decode = [], []
    for run in range(arguments.runs + 1):
        llama.clear()
        began = time.perf_counter()
        for start in range(0, len(prompt), 512):
            llama.read(prompt[start : start + 512], start)
        middle = time.perf_counter()
        for i in range(arguments.generate):
            llama.read([prompt[i % len(prompt)]], len(prompt) + i)
        end = time.perf_counter()
        if run > 0:
            prefill.append(len(prompt) / (middle - began))
            decode.append(arguments.generate / (end - middle))
    print(json.dumps({"prefill": prefill, "decode": decode}))


def speed(arguments):
    own, other = {"prefill": [], "decode": []}, {"prefill": [], "decode": []}
    common = ["--threads", str(arguments.threads), "--prompt", str(arguments.prompt), "--generate", str(arguments.generate)]
    for _ in range(arguments.rounds):
        command = [str(arguments.program), "bench", "engine", "--model", arguments.file, "--runs", str(arguments.runs), "--json"] + common
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["engine"]
        command = [sys.executable, __file__, "llama-speed", arguments.file, "--runs", str(arguments.runs)] + common
        rates = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        for part in own:
            own[part].append(report[part]["median"])
            other[part] += rates[part]
        print(f"this run: engine {report['prefill']['median']:.1f} and {report['decode']['median']:.2f} tokens/s, llama.cpp "
              f"{statistics.median(rates['prefill']):.1f} and {statistics.median(rates['decode']):.2f}; machine {json.dumps(report['peaks'])}; "
              f"prefill {report['prefill_share']:.2f} of its peak, decode {report['decode_share']:.2f} of its bandwidth")
    for part in own:
        a, b = statistics.median(own[part]), statistics.median(other[part])
        print(f"{part}: engine {a:.2f} tokens/s, llama.cpp {b:.2f} tokens/s, ratio {a / b:.2f}")


def paragraphs(count):
    """(title, text) of the first sections of the corpus that make one passage each."""
    found = []
    for path in sorted((Path(__file__).resolve().parent.parent / "corpus/articles").glob("*/*.md")):
        _, front, body = path.read_text().split("---\n", 2)
        title = next(line.removeprefix("title: ") for line in front.splitlines() if line.startswith("title: "))
        found += [(title, text) for text in body.split("\n\n") if not text.startswith(("#", "-")) and 20 <= len(text.split()) <= 34]
        if len(found) >= count:
            return found[:count]
    sys.exit("the corpus has fewer such paragraphs")


def embed(arguments):
    documents = paragraphs(arguments.passages)
    engine, llama = [], []
    for _ in range(arguments.runs):
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "corpus.jsonl"
            corpus.write_text("".join(json.dumps({"_id": str(i), "title": title, "text": text}) + "\n" for i, (title, text) in enumerate(documents)))
            command = [str(arguments.program), "index", "build", "--corpus", str(corpus), "--index", folder + "/index", "--model", arguments.file, "--threads",
                       str(arguments.threads), "--json"]
            report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if report["passages"] != len(documents):
            sys.exit(f"{len(documents)} paragraphs became {report['passages']} passages")
        engine.append(report["tokens_per_second"])
        llama.append(llama_embed(arguments, documents))
        print(f"this run: engine {engine[-1]:.1f} tokens/s, llama.cpp {llama[-1]:.1f}", flush=True)
    a, b = statistics.median(engine), statistics.median(llama)
    print(f"embedding {len(documents)} passages: engine {a:.1f} tokens/s, llama.cpp {b:.1f} tokens/s, ratio {a / b:.2f}")


def llama_embed(arguments, documents):
    """Tokens a second while the mean of the last layer's states is taken of each document."""
    lines = "".join(json.dumps({"text": f"{title}\n {text}"}) + "\n" for title, text in documents)
    tokenize = [str(arguments.program), "tokenize", "--model", arguments.file]
    texts = [json.loads(line)["ids"] for line in subprocess.run(tokenize, input=lines, check=True, capture_output=True, text=True).stdout.splitlines()]
    llama = Llama(arguments.file, arguments.threads, 2048, pooled=True)
    waiting = list(texts)
    began = time.perf_counter()
    while waiting:
        batch = []
        while waiting and len(batch) < llama.sequences and sum(map(len, batch)) + len(waiting[0]) <= 2048:
            batch.append(waiting.pop(0))
        llama.clear()
        llama.pool(batch)
    return sum(map(len, texts)) / (time.perf_counter() - began)


def log_softmax(rows):
    rows = rows - rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def engine_logits(arguments, file, ids):
    command = [str(arguments.program), "logits", "--all", "--model", file]
    lines = subprocess.run(command, input=json.dumps({"ids": ids}), check=True, capture_output=True, text=True).stdout.splitlines()
    return np.array([json.loads(line)["logits"] for line in lines], np.float64)


def logits(arguments):
    text = Path(arguments.text).read_text()
    command = [str(arguments.program), "tokenize", "--model", arguments.file]
    ids = json.loads(subprocess.run(command, input=json.dumps({"text": text}), check=True, capture_output=True, text=True).stdout)["ids"][: arguments.positions]
    ours = engine_logits(arguments, arguments.file, ids)
    llama = Llama(arguments.file, arguments.threads, len(ids) + 8)
    llama.read(ids, 0, every=True)
    theirs = log_softmax(np.stack([llama.logits(i)[: ours.shape[1]] for i in range(len(ids))]))
    ours = log_softmax(ours)
    kl = lambda p, q: float((np.exp(p) * (p - q)).sum(axis=1).mean())
    print(f"{len(ids)} positions; mean KL of the engine to llama.cpp: {kl(theirs, ours):.3e}; same first token at {np.mean(ours.argmax(1) == theirs.argmax(1)):.1%}")
    if arguments.reference:
        reference = log_softmax(engine_logits(arguments, arguments.reference, ids))
        print(f"mean KL to the reference: engine {kl(reference, ours):.4e}, llama.cpp {kl(reference, theirs):.4e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, function in [("make", make), ("speed", speed), ("llama-speed", llama_speed), ("embed", embed), ("logits", logits)]:
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("file")
        command.add_argument("--program", default=PROGRAM)
        command.add_argument("--threads", type=int, default=2)
        command.add_argument("--prompt", type=int, default=512)
        command.add_argument("--generate", type=int, default=64)
        command.add_argument("--runs", type=int, default=5)
        command.add_argument("--rounds", type=int, default=1)
        command.add_argument("--type", choices=["f16", "q8_0", "q4_0"], default="q4_0")
        command.add_argument("--layers", type=int, default=SHAPE["layers"])
        command.add_argument("--reference")
        command.add_argument("--text")
        command.add_argument("--positions", type=int, default=200)
        command.add_argument("--passages", type=int, default=24)
    arguments = parser.parse_args()
    arguments.function(arguments)


main()
