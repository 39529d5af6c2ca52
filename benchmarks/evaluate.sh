#!/bin/sh
# Makes the figures of docs/EVALUATION.md again: retrieval, answers with baselines, reading, the HTML report, and MedQuAD where its folder is given.
#
#   benchmarks/evaluate.sh [-o FOLDER] [-m MODEL] [-s SPLIT] [-q MEDQUAD_FOLDER]
#
# MEDQUAD_FOLDER holds corpus.jsonl, queries.jsonl and qrels.tsv in BEIR's layout.
set -eu
out=build/evaluation model= split=test medquad=
while getopts o:m:s:q: option; do
    case $option in
        o) out=$OPTARG ;;
        m) model=$OPTARG ;;
        s) split=$OPTARG ;;
        q) medquad=$OPTARG ;;
        *) exit 64 ;;
    esac
done
program=${RADPHI_RAG:-.build/release/radphi-rag}
mkdir -p "$out"
set -- --index "$out/index"
[ -z "$model" ] || set -- "$@" --model "$model"

"$program" eval retrieval --split "$split" --run-files "$out/runs" "$@" | tee "$out/retrieval.txt"
"$program" eval answers --split "$split" --baselines --html "$out/report.html" --outcomes "$out/outcomes.jsonl" "$@" | tee "$out/answers.txt"
"$program" eval reading --split "$split" "$@" | tee "$out/reading.txt"

if [ -n "$medquad" ]; then
    set -- --index "$out/medquad.index"
    [ -z "$model" ] || set -- "$@" --model "$model"
    "$program" index build --corpus "$medquad/corpus.jsonl" "$@"
    "$program" eval retrieval --queries "$medquad/queries.jsonl" --qrels "$medquad/qrels.tsv" "$@" | tee "$out/medquad.txt"
fi
