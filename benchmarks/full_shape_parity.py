"""The engine beside transformers on a seeded checkpoint of the full Phi-2 shape (2.78 billion fp16 weights), computed in fp32 there.

    venv/bin/pip install torch transformers safetensors numpy
    venv/bin/python benchmarks/full_shape_parity.py FOLDER [--tokens 24]

Writes the checkpoint (5.6 GB) to FOLDER unless it is there. Needs 13 GB of memory. Prints the largest difference of the logits and the relative
difference of the hidden states after some layers.
"""
import argparse
import json
import shutil
import subprocess
from pathlib import Path

import torch
from transformers import PhiConfig, PhiForCausalLM

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".build/release/radphi-rag"
SHAPE = dict(vocab_size=51200, hidden_size=2560, intermediate_size=10240, num_hidden_layers=32, num_attention_heads=32, partial_rotary_factor=0.4,
             max_position_embeddings=2048, hidden_act="gelu_new", tie_word_embeddings=False, torch_dtype="float16")


def write(folder):
    torch.manual_seed(1)
    torch.set_default_dtype(torch.float16)
    with torch.device("meta"):
        model = PhiForCausalLM(PhiConfig(**SHAPE))
    model = model.to_empty(device="cpu")
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, dtype=torch.float32)
        p.data = (1 + 0.1 * noise if "layernorm.weight" in name else 0.02 * noise).half()
    model.save_pretrained(folder, max_shard_size="2GB")
    torch.set_default_dtype(torch.float32)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(ROOT / "models/radphi-mini" / name, folder)


def program(words, ids):
    return subprocess.run([str(PROGRAM), *words], input=json.dumps({"ids": ids}), check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokens", type=int, default=24)
    options = parser.parse_args()
    if not (options.folder / "config.json").exists():
        write(options.folder)
    ids = [(i * 7919 + 11) % 8000 for i in range(options.tokens)]
    model = PhiForCausalLM.from_pretrained(options.folder, dtype=torch.float32)
    with torch.no_grad():
        result = model(torch.tensor([ids]), output_hidden_states=True)
    reference, states = result.logits[0], [s[0] for s in result.hidden_states]
    del model
    rows = program(["logits", "--all", "--model", str(options.folder)], ids).splitlines()
    found = torch.tensor([json.loads(row)["logits"] for row in rows])
    wanted = reference[:, :found.shape[1]]
    print(f"logits: largest difference {float((found - wanted).abs().max()):.2e}, of numbers up to {float(wanted.abs().max()):.1f}; "
          f"same likeliest token at {float((found.argmax(1) == wanted.argmax(1)).float().mean()):.0%} of {len(ids)} positions")
    for layer in (0, 1, 8, 16, 24, 31, 32):
        line = program(["embed", "--layer", str(layer), "--pooling", "none", "--no-normalize", "--model", str(options.folder)], ids)
        found = torch.tensor(json.loads(line)["embedding"])
        print(f"hidden states {layer}: relative difference {float((found - states[layer]).norm() / states[layer].norm()):.2e}")


main()
