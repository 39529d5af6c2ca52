"""Stage 4: a checkpoint of the training as a Hugging Face folder: config.json, model.safetensors (fp16), tokenizer.json, radphi.json.

    python export.py --run runs/mini --tokenizer data/tokenizer.json --output ../models/radphi-mini
"""
import argparse
import json
import os
import shutil

import torch
from safetensors.torch import save_file

from radphi import vocabulary


def settings(layer):
    """What the program needs to know beside the weights."""
    return {"embedding": {"layer": layer, "pooling": "mean-skip-first", "center": False, "remove_components": 0}}


def export(state, tokenizer_path, output):
    """`state` is a checkpoint of train.py; the averaged weights are what is written."""
    configuration = dict(state["configuration"])
    os.makedirs(output, exist_ok=True)
    tensors = {name: value.to(torch.float16).contiguous() for name, value in state["average"].items()
               if not (configuration["tie_word_embeddings"] and name == "lm_head.weight")}
    worst = max(float(value.abs().max()) for value in state["average"].values())
    if not worst < 60000:
        raise SystemExit(f"largest weight {worst}: does not fit fp16")
    save_file(tensors, os.path.join(output, "model.safetensors"), metadata={"format": "pt"})
    os.chmod(os.path.join(output, "model.safetensors"), 0o644)
    with open(os.path.join(output, "config.json"), "w", encoding="utf-8") as file:
        json.dump(configuration, file, indent=2)
        file.write("\n")
    shutil.copyfile(tokenizer_path, os.path.join(output, "tokenizer.json"))
    with open(os.path.join(output, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": vocabulary.END, "eos_token": vocabulary.END, "unk_token": vocabulary.END,
                   "model_max_length": configuration["max_position_embeddings"], "clean_up_tokenization_spaces": False}, file, indent=2)
        file.write("\n")
    path = os.path.join(output, "radphi.json")
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)                       # calibration written by the program stays
    known.update(settings(state["embedding_layer"]))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=2)
        file.write("\n")
    return sum(t.numel() for t in tensors.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    state = torch.load(os.path.join(options.run, "checkpoint.pt"), weights_only=True)
    count = export(state, options.tokenizer, options.output)
    size = os.path.getsize(os.path.join(options.output, "model.safetensors"))
    print(f"{count / 1e6:.2f} M parameters, {size / 1e6:.1f} MB, step {state['step']}, {state['spent'] / 60:.0f} minutes of training, {state['seen']}")


if __name__ == "__main__":
    main()
