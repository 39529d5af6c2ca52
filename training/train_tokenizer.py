"""Stage 2: a byte-level BPE tokenizer from the training data; the corpus counts more often than MedQuAD.

    python train_tokenizer.py --data data --output data/tokenizer.json
"""
import argparse
import os

from radphi import examples, text, vocabulary


def texts(data, repeats):
    for name, times in (("medquad", 1), ("corpus.train", repeats)):
        articles = examples.load_articles(os.path.join(data, name + ".jsonl"))
        for _ in range(times):
            for article in articles:
                for section in article.sections:
                    yield text.heading(article.title, section.path) + "\n " + " ".join(section.sentences)
                for question in article.questions[:3 if name == "medquad" else None]:
                    yield f"Question: {question['question']}\nOutput:"
                yield article.title.lower() + " " + " ".join(article.synonyms)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--size", type=int, default=8192)
    parser.add_argument("--corpus-repeats", type=int, default=8, help="how often the corpus is read for each time MedQuAD is")
    options = parser.parse_args()
    tokenizer = vocabulary.train(texts(options.data, options.corpus_repeats), options.size, options.output)
    print(f"{tokenizer.get_vocab_size()} tokens → {options.output}")


if __name__ == "__main__":
    main()
