"""Stage 1: the corpus and MedQuAD as training data, one JSON object an article, the splits in files of their own.

    python build_data.py --corpus ../corpus --medquad medquad.jsonl.gz --questions questions --output data
"""
import argparse
import dataclasses
import json
import os

from radphi import text


def write(path, articles):
    temporary = path + ".part"
    with open(temporary, "w", encoding="utf-8") as file:
        for article in articles:
            file.write(json.dumps(dataclasses.asdict(article), ensure_ascii=False) + "\n")
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help="folder with articles/ and questions/")
    parser.add_argument("--medquad", help="medquad.jsonl or medquad.jsonl.gz; left out, only the corpus is used")
    parser.add_argument("--medquad-limit", type=int, help="at most so many MedQuAD articles (for a trial)")
    parser.add_argument("--questions", help="folder of further training questions, corpus.tsv and medquad.tsv")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    articles = text.read_corpus(options.corpus)
    medquad = text.read_medquad(options.medquad)[:options.medquad_limit] if options.medquad else []
    if options.questions:
        for name, known in (("corpus", [a for a in articles if a.split == "train"]), ("medquad", medquad)):
            if not known:
                continue
            added, lost = text.add_questions(os.path.join(options.questions, name + ".tsv"), known)
            print(f"further questions, {name}: {added}, without their article or sentence: {lost}")
    for split in ("train", "dev", "test"):
        chosen = [a for a in articles if a.split == split]
        write(os.path.join(options.output, f"corpus.{split}.jsonl"), chosen)
        print(f"{split}: {len(chosen)} articles, {sum(len(a.questions) for a in chosen)} questions")
    write(os.path.join(options.output, "medquad.jsonl"), medquad)
    print(f"medquad: {len(medquad)} articles, {sum(len(s.sentences) for a in medquad for s in a.sections)} sentences")


if __name__ == "__main__":
    main()
