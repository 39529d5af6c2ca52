#!/usr/bin/env python3
"""Writes MedQuAD (Ben Abacha and Demner-Fushman 2019, CC BY 4.0) in BEIR's layout: a corpus that nobody of this project wrote.

    python3 benchmarks/medquad_beir.py medquad.jsonl.gz FOLDER [--questions 1000] [--seed 1] [--documents N]

Input: one object a line with id, focus, question and answer. A document is an answer under its focus as title; a question's one relevant document
is its own answer. Questions are drawn by seed; with --documents, so many further documents are drawn beside theirs.
"""
import argparse, gzip, json, pathlib, random


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("folder")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int)
    arguments = parser.parse_args()
    opener = gzip.open if arguments.source.endswith(".gz") else open
    with opener(arguments.source, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for number, row in enumerate(rows, 1):
        row["id"] = f"{number}-{row['id']}"                    # its own ids are given twice by different sources
    generator = random.Random(arguments.seed)
    asked = generator.sample(rows, min(arguments.questions, len(rows)))
    documents = rows
    if arguments.documents is not None:
        chosen = {row["id"] for row in asked}
        rest = [row for row in rows if row["id"] not in chosen]
        chosen |= {row["id"] for row in generator.sample(rest, min(arguments.documents, len(rest)))}
        documents = [row for row in rows if row["id"] in chosen]
    folder = pathlib.Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "corpus.jsonl", "w", encoding="utf-8") as file:
        for row in documents:
            file.write(json.dumps({"_id": row["id"], "title": row["focus"], "text": row["answer"]}, ensure_ascii=False) + "\n")
    with open(folder / "queries.jsonl", "w", encoding="utf-8") as file:
        for row in asked:
            file.write(json.dumps({"_id": row["id"], "text": row["question"]}, ensure_ascii=False) + "\n")
    with open(folder / "qrels.tsv", "w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        for row in asked:
            file.write(f"{row['id']}\t{row['id']}\t1\n")


if __name__ == "__main__":
    main()
