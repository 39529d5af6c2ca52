"""A real Phi-2, or any Phi checkpoint in Hugging Face layout, fine-tuned on your own licensed corpus and its questions.

    python finetune.py --base phi-2 --corpus my-corpus --output my-model --method lora

The corpus is a folder with `articles/` and `questions/` as in corpus/FORMAT.md. The model learns the articles' language, and to answer in
the program's prompt form with the passages' own sentences and their numbers, or to decline. With `--method lora` the low-rank matrices are
merged into the weights on export, so that the result is a plain checkpoint which `radphi-rag --model` opens. Stop at any time; the same
command goes on. docs/TRAINING.md says what memory and time to expect.
"""
import argparse
import json
import os
import random
import time

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer

from radphi import examples, lora, text


class Fast:
    """The tokenizer of the base as `examples.Reader` wants it: plain text in, ids out; control tokens never come from text."""

    def __init__(self, tokenizer):
        self.inner = tokenizer
        self.backend = tokenizer.backend_tokenizer
        self.encode, self.encode_batch = self.backend.encode, self.backend.encode_batch

    def token_to_id(self, token):
        return self.inner.eos_token_id


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="folder (or hub name) of the Phi checkpoint to start from")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--output", required=True, help="the finished checkpoint; <output>.run holds what a resumed run needs")
    parser.add_argument("--method", choices=["lora", "full"], default="lora")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=1, help="prompts a forward pass")
    parser.add_argument("--accumulate", type=int, default=16, help="forward passes a step")
    parser.add_argument("--most-tokens", type=int, default=1024, help="longest sequence")
    parser.add_argument("--language-share", type=float, default=0.25, help="share of sequences that are plain article text")
    parser.add_argument("--decline-share", type=float, default=0.2, help="share of questions that the passages do not answer")
    parser.add_argument("--learning-rate", type=float, help="default 2e-4 (lora) or 1e-5 (full)")
    parser.add_argument("--checkpointing", action="store_true", help="recompute activations in the backward pass: less memory, a third more time")
    parser.add_argument("--save-steps", type=int, default=100)
    parser.add_argument("--layer", type=int, help="hidden state for embeddings, written to radphi.json; default: the base's, or 65 %% of the depth")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def sequence(reader, material, rng, options):
    """(ids, weights of predicting each next token) of one prompt with its answer, or of plain article text."""
    if rng.random() < options.language_share:
        article = rng.choice(material.articles)
        body = "\n\n".join(text.heading(article.title, s.path) + "\n " + " ".join(s.sentences) for s in article.sections)
        ids = reader.encode(body) + [reader.end]
        start = rng.randrange(max(1, len(ids) - options.most_tokens + 1))
        ids = ids[start:start + options.most_tokens]
        return ids, [1.0] * len(ids)
    while True:
        example = examples.reading_examples(reader, material, rng, 1, options.most_tokens, options.decline_share)[0]
        if len(example.ids) <= options.most_tokens:
            weights = [0.0] * len(example.ids)
            for at, weight in example.targets:
                weights[at] = max(weight, 0.2)
            return example.ids, weights


def loss_of(model, rows, device, fill):
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([row + [fill] * (width - len(row)) for row, _ in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row, _ in rows], device=device)
    weights = torch.tensor([w[:-1] + [0.0] * (width - len(w)) for _, w in rows], device=device)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    kept = weights > 0
    each = F.cross_entropy(logits[kept].float(), ids[:, 1:][kept], reduction="none")
    return (each * weights[kept]).sum() / weights[kept].sum()


def main():
    options = arguments()
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = AutoTokenizer.from_pretrained(options.base)
    reader = examples.Reader(Fast(tokenizer))
    articles = text.read_corpus(options.corpus)
    material = examples.Material(reader, [a for a in articles if a.split == "train"])
    held_out = examples.Material(reader, [a for a in articles if a.split == "dev"])
    if not material.articles:
        raise SystemExit(f"{options.corpus}: no article of the train split")
    # LoRA leaves the base alone, so bf16 suffices for it; full training keeps fp32 weights and computes in bf16.
    kind = torch.bfloat16 if options.method == "lora" and device.type == "cuda" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(options.base, dtype=kind).to(device)
    if options.method == "lora":
        trained = lora.adapt(model, options.rank, options.alpha, options.dropout)
    else:
        trained = list(model.parameters())
    if options.checkpointing:
        model.config.use_cache = False
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    print(f"{sum(p.numel() for p in trained) / 1e6:.2f} M of {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters are trained on {device}")
    peak = options.learning_rate or (2e-4 if options.method == "lora" else 1e-5)
    optimizer = torch.optim.AdamW(trained, lr=peak, betas=(0.9, 0.95), weight_decay=0.01)
    folder = options.output + ".run"
    os.makedirs(folder, exist_ok=True)
    checkpoint = os.path.join(folder, "checkpoint.pt")
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    step = 0
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        named = dict(model.named_parameters())
        with torch.no_grad():
            for name, value in state["trained"].items():
                named[name].copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        print(f"resumed at step {step}")

    def snapshot():
        named = dict(model.named_parameters())
        torch.save({"trained": {n: named[n].detach() for n in names}, "optimizer": optimizer.state_dict(), "step": step}, checkpoint + ".part")
        os.replace(checkpoint + ".part", checkpoint)

    @torch.no_grad()
    def validate():
        if not held_out.articles:
            return None
        model.eval()
        rng = random.Random(7)
        found = [loss_of(model, [sequence(reader, held_out, rng, options)], device, reader.end).item() for _ in range(16)]
        model.train()
        return sum(found) / len(found)

    model.train()
    started, since, tokens, total = time.monotonic(), step, 0, 0.0
    first = validate()
    print(json.dumps({"step": step, "dev loss": first}), flush=True)
    while step < options.steps:
        rng = random.Random(options.seed * 1_000_003 + step)              # a resumed run draws what an unbroken one would have
        rate = peak * min(1.0, (step + 1) / max(1, options.steps // 20)) * max(0.05, 1 - step / options.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        for _ in range(options.accumulate):
            rows = [sequence(reader, material, rng, options) for _ in range(options.batch)]
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                loss = loss_of(model, rows, device, reader.end) / options.accumulate
            loss.backward()
            total += loss.item()
            tokens += sum(len(ids) for ids, _ in rows)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        if step % max(1, min(20, options.steps // 4)) == 0:
            spent = time.monotonic() - started
            print(json.dumps({"step": step, "loss": round(total / (step - since), 4), "tokens/s": round(tokens / spent)}), flush=True)
            started, since, tokens, total = time.monotonic(), step, 0, 0.0
        if step % options.save_steps == 0 or step == options.steps:
            snapshot()
    print(json.dumps({"step": step, "dev loss": validate()}), flush=True)
    if options.method == "lora":
        lora.merge(model)
    model = model.to(torch.float16)
    model.config.use_cache = True
    model.save_pretrained(options.output, safe_serialization=True)
    tokenizer.save_pretrained(options.output)
    # Newer transformers file the rotary settings under `rope_parameters`; readers of the Phi layout look for the plain keys.
    path = os.path.join(options.output, "config.json")
    with open(path, encoding="utf-8") as file:
        configuration = json.load(file)
    for key, value in (configuration.get("rope_parameters") or {}).items():
        if key in ("partial_rotary_factor", "rope_theta"):
            configuration.setdefault(key, value)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(configuration, file, indent=2)
        file.write("\n")
    layers = model.config.num_hidden_layers
    path = os.path.join(options.output, "radphi.json")
    inherited = os.path.join(options.base, "radphi.json")
    known = {"embedding": {"layer": -(-layers * 65 // 100), "pooling": "mean-skip-first", "center": True, "remove_components": 1}}
    if os.path.exists(inherited):
        with open(inherited, encoding="utf-8") as file:
            known = json.load(file)
    if options.layer is not None:
        known.setdefault("embedding", {})["layer"] = options.layer
    with open(path, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=2)
        file.write("\n")
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
