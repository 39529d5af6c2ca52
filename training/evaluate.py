"""Stage 5: figures of a checkpoint or an exported folder on the dev or test split.

    python evaluate.py --model ../models/radphi-mini --data data --split dev

The figures that are published come from the program itself (`radphi-rag eval`), on the exported file; this is the same measure in PyTorch, for training.
"""
import argparse
import json
import os

import torch
from safetensors.torch import load_file

from radphi import evaluation, examples, model as network, vocabulary


def load(folder):
    """(network, tokenizer, embedding layer) of an exported folder, in fp32."""
    configuration = network.load_configuration(os.path.join(folder, "config.json"))
    model = network.Phi(configuration)
    missing, unexpected = model.load_state_dict({k: v.float() for k, v in load_file(os.path.join(folder, "model.safetensors")).items()}, strict=False)
    missing = [name for name in missing if not (name == "lm_head.weight" and configuration["tie_word_embeddings"])]
    if missing or unexpected:
        raise SystemExit(f"{folder}: missing {missing}, unexpected {unexpected}")
    with open(os.path.join(folder, "radphi.json"), encoding="utf-8") as file:
        layer = json.load(file)["embedding"]["layer"]
    return model.eval(), vocabulary.load(os.path.join(folder, "tokenizer.json")), layer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="an exported folder")
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", choices=["train", "dev", "test"], default="dev")
    parser.add_argument("--cases", type=int, help="at most so many prompts")
    parser.add_argument("--passages", type=int, help="at most so many passages to retrieve from")
    parser.add_argument("--misses", action="store_true", help="print the wrong choices")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    model, tokenizer, layer = load(options.model)
    reader = examples.Reader(tokenizer)
    articles = {split: examples.load_articles(os.path.join(options.data, f"corpus.{split}.jsonl")) for split in ("train", "dev", "test")}
    everything = examples.Material(reader, [a for split in articles.values() for a in split])
    asking = examples.Material(reader, articles[options.split])
    figures, misses = evaluation.reading(model, reader, asking, everything, options.cases)
    figures.update(evaluation.retrieval(model, reader, asking, everything, layer, options.passages))
    if options.misses:
        for question, evidence, chosen in misses:
            print(f"? {question}\n  evidence: {' '.join(evidence)}\n  chosen:   {chosen or 'declined'}")
    print(json.dumps({k: round(v, 4) for k, v in figures.items()}))


if __name__ == "__main__":
    main()
