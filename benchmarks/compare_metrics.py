#!/usr/bin/env python3
"""Compares this program's measures with the reference packages on real rankings and answers, 200 cases each and more.

    python3 -m venv venv && venv/bin/pip install -r benchmarks/requirements-metrics.txt
    venv/bin/python benchmarks/compare_metrics.py --program .build/release/radphi-rag [-- --model … --index … --corpus …]

Rankings: nDCG@10, Recall@5/10/100 and MRR@10 of every leg, against pytrec_eval (trec_eval's own code) and ranx.
Answers: ROUGE-L against rouge-score, token F1 against SQuAD's definition, written out here. Ends with status 1 if any value differs by more than 1e-6.
"""
import argparse, collections, json, pathlib, re, string, subprocess, sys, tempfile

import pytrec_eval
import ranx
from rouge_score import rouge_scorer

TOLERANCE = 1e-6
CASES = 240       # of which 200 and more are answered


def squad_f1(candidate, reference):
    def tokens(text):
        text = "".join(c for c in text.lower() if c not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", text).split()
    a, b = tokens(candidate), tokens(reference)
    if not a or not b:
        return float(a == b)
    common = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * common / (len(a) + len(b))


def read_run(path):
    run = collections.defaultdict(dict)
    for line in path.read_text().splitlines():
        query, _, document, _, score, _ = line.split()
        run[query][document] = float(score)
    return dict(run)


def compare(name, ours, theirs, worst):
    difference = abs(ours - theirs)
    worst[name] = max(worst.get(name, (0, 0))[0], difference), worst.get(name, (0, 0))[1] + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build/release/radphi-rag")
    parser.add_argument("--split", default="train", choices=["train", "dev", "test"])
    parser.add_argument("rest", nargs="*", help="options for the program, after --")
    arguments = parser.parse_args()
    worst = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        base = ["--split", arguments.split, "--limit", str(CASES), *arguments.rest]
        subprocess.run([arguments.program, "eval", "retrieval", "--run-files", str(folder), *base], check=True, stdout=subprocess.DEVNULL)
        qrels = collections.defaultdict(dict)
        for line in (folder / "qrels").read_text().splitlines():
            query, _, document, grade = line.split()
            qrels[query][document] = int(grade)
        ours = {}
        for line in (folder / "measures.tsv").read_text().splitlines():
            variant, query, *values = line.split("\t")
            ours[variant, query] = [float(v) for v in values]
        for path in sorted(folder.glob("*.run")):
            run = read_run(path)
            evaluator = pytrec_eval.RelevanceEvaluator(dict(qrels), {"ndcg_cut.10", "recall.5,10,100", "recip_rank"})
            reference = evaluator.evaluate(run)
            # trec_eval's reciprocal rank has no cut: only the first ten documents, in its order, are given to it.
            cut = {q: dict(sorted(d.items(), key=lambda x: (x[1], x[0]), reverse=True)[:10]) for q, d in run.items()}
            reciprocal = pytrec_eval.RelevanceEvaluator(dict(qrels), {"recip_rank"}).evaluate(cut)
            judged = {q: qrels[q] for q in run}
            metrics = ["ndcg@10", "recall@5", "recall@10", "recall@100", "mrr@10"]
            # ranx leaves the order of equal scores open: it is given trec_eval's, as ranks.
            ranked = {q: sorted(d, key=lambda x: (d[x], x), reverse=True) for q, d in run.items()}
            other = ranx.Run({q: {x: float(len(order) - n) for n, x in enumerate(order)} for q, order in ranked.items()})
            ranx.evaluate(ranx.Qrels(judged), other, metrics)
            for query, scores in reference.items():
                values = ours[path.stem, query]
                expected = [scores["ndcg_cut_10"], scores["recall_5"], scores["recall_10"], scores["recall_100"], reciprocal[query]["recip_rank"]]
                for metric, a, b in zip(metrics, values, expected):
                    compare(f"{metric} pytrec_eval", a, b, worst)
                    compare(f"{metric} ranx", a, float(other.scores[metric][query]), worst)
        outcomes = folder / "outcomes.jsonl"
        subprocess.run([arguments.program, "eval", "answers", "--mode", "extract", "--outcomes", str(outcomes), *base], check=True, stdout=subprocess.DEVNULL)
        scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
        for line in outcomes.read_text().splitlines():
            outcome = json.loads(line)["outcome"]
            if not outcome["question"]["answerable"] or outcome["abstained"]:
                continue
            candidate = " ".join(s["text"] for s in outcome["answer"]["sentences"])
            target = " ".join(outcome["question"]["evidence"])
            compare("ROUGE-L rouge-score", outcome["rouge_l"], scorer.score(target, candidate)["rougeL"].fmeasure, worst)
            compare("token F1 SQuAD", outcome["token_f1"] if "token_f1" in outcome else outcome["token_f1_"], squad_f1(candidate, target), worst)
    for name, (difference, cases) in sorted(worst.items()):
        print(f"{name:28} {cases:5} values, largest difference {difference:.2e}")
    return 0 if worst and all(d <= TOLERANCE for d, _ in worst.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
