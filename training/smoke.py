"""Every stage once, small. Proves that the pieces fit, not that the model is good.

    python smoke.py --corpus ../corpus --output /path/to/an/empty/folder
"""
import argparse
import json
import os
import subprocess
import sys

from radphi import model as network

HERE = os.path.dirname(os.path.abspath(__file__))


def stage(name, *options):
    print(f"== {name} {' '.join(options)}", flush=True)
    subprocess.run([sys.executable, os.path.join(HERE, name), *options], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--medquad", help="left out, the corpus alone is used")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")                  # threads that spin slow each other down where cores are shared
    at = lambda *parts: os.path.join(options.output, *parts)
    medquad = ["--medquad", options.medquad, "--medquad-limit", "300"] if options.medquad else []
    stage("build_data.py", "--corpus", options.corpus, *medquad, "--questions", os.path.join(HERE, "questions"), "--output", at("data"))
    stage("train_tokenizer.py", "--data", at("data"), "--output", at("data", "tokenizer.json"), "--size", "2048")
    with open(at("small.json"), "w", encoding="utf-8") as file:
        json.dump(dict(network.DEFAULT_CONFIGURATION, hidden_size=96, intermediate_size=192, num_hidden_layers=5), file)
    common = ["--data", at("data"), "--tokenizer", at("data", "tokenizer.json"), "--output", at("run"), "--configuration", at("small.json"),
              "--evaluate-cases", "8", "--evaluate-passages", "64", "--warm-up", "5"]
    stage("train.py", "--part", "embedding", *common, "--batch", "32", "--steps", "40", "--report-steps", "10")
    stage("train.py", "--part", "reading", *common, "--batch", "8", "--steps", "10", "--report-steps", "5", "--workers", "1")
    stage("train.py", "--part", "reading", *common, "--batch", "8", "--steps", "30", "--report-steps", "5")     # goes on from where the line above stopped
    stage("export.py", "--run", at("run"), "--tokenizer", at("data", "tokenizer.json"), "--output", at("model"))
    stage("evaluate.py", "--model", at("model"), "--data", at("data"), "--split", "dev", "--cases", "8", "--passages", "64")
    stage("finetune.py", "--base", at("model"), "--corpus", options.corpus, "--output", at("tuned"), "--steps", "4", "--accumulate", "2", "--rank", "4")
    stage("evaluate.py", "--model", at("tuned"), "--data", at("data"), "--split", "dev", "--cases", "8", "--passages", "64")


if __name__ == "__main__":
    main()
