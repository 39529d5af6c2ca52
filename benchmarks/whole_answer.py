"""From the question to the last token: the program beside a usual Python stack (LangChain, llama-cpp-python, faiss-cpu), on the same GGUF file.

    venv/bin/pip install llama-cpp-python langchain-community faiss-cpu numpy
    venv/bin/python benchmarks/whole_answer.py phi2-q4_0.gguf FOLDER_OF_ARTICLES --questions questions.txt

Both embed the question, search their index of the same passages, read the same passages in the same prompt and write the same number of tokens
from it, with the model loaded beforehand. The Python stack embeds by the mean over all layers' last states, as llama.cpp pools. Prints medians and ratios.
"""
import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / ".build/release/radphi-rag"
WARM_UP = "What is imaging?"
INSTRUCTION = "Instruct: Answer the question from the numbered passages and cite them.\n"


class Own:
    """`radphi-rag serve`, one question at a time."""

    def __init__(self, options, index):
        words = [str(options.program), "serve", "--model", options.model, "--index", index, "--corpus", options.corpus, "--threads", str(options.threads)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.tokens, self.top = options.tokens, options.passages
        self.request({"op": "status"})

    def request(self, fields):
        self.process.stdin.write(json.dumps(dict(fields, id=1)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def passages(self, question):
        return self.request({"op": "search", "query": question, "top_k": self.top})["hits"]

    def ask(self, question):
        began = time.perf_counter()
        answer = self.request({"op": "ask", "question": question, "mode": "generate", "max_tokens": self.tokens, "top_k": self.top})
        total = time.perf_counter() - began
        if "error" in answer:
            raise SystemExit(answer["error"]["message"])
        counts, timings = answer["token_counts"], answer["timings"]
        return {"first": total - timings["decode"], "total": total, "prompt": counts["prompt"], "reused": counts["reused"], "generated": counts["generated"]}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peer:
    def __init__(self, options, texts):
        import llama_cpp
        from langchain_community.llms import LlamaCpp
        from langchain_community.vectorstores import FAISS
        from langchain_core.embeddings import Embeddings

        common = dict(model_path=options.model, n_ctx=2048, n_batch=512, n_threads=options.threads, verbose=False)

        class Pooled(Embeddings):
            # LangChain's own LlamaCppEmbeddings gives a vector a token for a model without pooling.
            model = llama_cpp.Llama(**common, n_threads_batch=options.threads, embedding=True, pooling_type=llama_cpp.LLAMA_POOLING_TYPE_MEAN)

            def embed_query(self, text):
                return self.model.embed(text, normalize=True)

            def embed_documents(self, texts):
                return [self.embed_query(text) for text in texts]

        self.store = FAISS.from_texts(texts, Pooled())
        self.model = LlamaCpp(**common, max_tokens=options.tokens, temperature=0.0, model_kwargs={"n_threads_batch": options.threads})
        self.top = options.passages
        # Random weights write bytes that are no text, which the stack holds back: tokens are counted where they are chosen.
        self.chosen = []
        choose = self.model.client.sample

        def counted(*arguments, **options):
            token = choose(*arguments, **options)
            self.chosen.append(time.perf_counter())
            return token

        self.model.client.sample = counted

    def ask(self, question, prompt):
        began = time.perf_counter()
        self.store.similarity_search(question, k=self.top)
        self.chosen.clear()
        for _ in self.model.stream(prompt):
            pass
        return {"first": self.chosen[0] - began, "total": time.perf_counter() - began, "generated": len(self.chosen)}


def prompt_of(hits, question):
    passages = "".join(
        f"[{n}] {hit['title']}{' — ' + hit['section'] if hit['section'] else ''}\n {' '.join(hit['text'].split())}\n" for n, hit in enumerate(hits, 1))
    return f"{INSTRUCTION}Question: {question}\n{passages}Question: {question}\nOutput:"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("corpus", help="a folder of a few articles: the Python stack embeds them all")
    parser.add_argument("--questions", required=True, help="a file, one question a line")
    parser.add_argument("--program", default=PROGRAM)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--passages", type=int, default=5)
    options = parser.parse_args()
    questions = [line.strip() for line in open(options.questions, encoding="utf-8") if line.strip()]
    with tempfile.TemporaryDirectory() as index:
        began = time.perf_counter()
        words = [str(options.program), "index", "build", "--model", options.model, "--corpus", options.corpus, "--index", index, "--json", "--threads", str(options.threads)]
        report = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        built = time.perf_counter() - began
        own = Own(options, index)
        shown = [own.passages(question) for question in questions]
        own.ask(WARM_UP)
        ours = [own.ask(question) for question in questions]
        listed = {hit["text"] for question in questions for hit in own.request({"op": "search", "query": question, "top_k": 100})["hits"]}
        own.close()
    began = time.perf_counter()
    peer = Peer(options, sorted(listed))
    embedded = time.perf_counter() - began
    peer.ask(WARM_UP, prompt_of([], WARM_UP))
    theirs = [peer.ask(question, prompt_of(hits, question)) for question, hits in zip(questions, shown)]
    print(json.dumps({"own_index": {"passages": report["passages"], "seconds": round(built, 1)}, "peer_index": {"passages": len(listed), "seconds": round(embedded, 1)}}))
    for question, a, b in zip(questions, ours, theirs):
        print(json.dumps({"question": question, "program": a, "python": b}))
    for part in ("first", "total"):
        a, b = (statistics.median(row[part] for row in rows) for rows in (ours, theirs))
        print(f"{'time to first token' if part == 'first' else 'whole answer'}: program {a:.2f} s, Python stack {b:.2f} s, ratio {b / a:.2f}")


main()
