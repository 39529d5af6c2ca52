"""Every stage once, small. Proves that the pieces fit, not that the model is good.

    python smoke.py --corpus ../corpus --output /path/to/an/empty/folder
"""
import argparse
import os
import subprocess
import sys

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
    at = lambda *parts: os.path.join(options.output, *parts)
    medquad = ["--medquad", options.medquad, "--medquad-limit", "300"] if options.medquad else []
    stage("build_data.py", "--corpus", options.corpus, *medquad, "--output", at("data"))
    stage("train_tokenizer.py", "--data", at("data"), "--output", at("data", "tokenizer.json"), "--size", "4096")
    common = ["--data", at("data"), "--tokenizer", at("data", "tokenizer.json"), "--output", at("run"), "--prompts", "2", "--questions", "4", "--pairs", "16",
              "--evaluate-cases", "8", "--evaluate-passages", "64", "--report-steps", "5"]
    stage("train.py", "--part", "embedding", *common, "--most-steps", "10")
    stage("train.py", "--part", "reading", *common, "--most-steps", "10")
    stage("train.py", "--part", "reading", *common, "--most-steps", "20")         # goes on from where the line above stopped
    stage("export.py", "--run", at("run"), "--tokenizer", at("data", "tokenizer.json"), "--output", at("model"))
    stage("evaluate.py", "--model", at("model"), "--data", at("data"), "--split", "dev", "--cases", "8", "--passages", "64")
    stage("finetune.py", "--base", at("model"), "--corpus", options.corpus, "--output", at("tuned"), "--steps", "4", "--accumulate", "2", "--rank", "4")
    stage("evaluate.py", "--model", at("tuned"), "--data", at("data"), "--split", "dev", "--cases", "8", "--passages", "64")


if __name__ == "__main__":
    main()
