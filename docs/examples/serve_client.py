"""Asks radphi-rag a question over JSON Lines and prints the answer as it comes, then its sources.

    python3 docs/examples/serve_client.py "What are the CT findings of acute appendicitis?" -- .build/release/radphi-rag serve
"""
import json
import subprocess
import sys

question, _, *command = sys.argv[1:]
server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def send(**request):
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()


send(id=1, op="ask", question=question, stream=True)
for line in server.stdout:
    message = json.loads(line)
    if "error" in message:
        sys.exit(message["error"]["message"])
    if message["event"] == "token":
        print(message["text"], end="", flush=True)
    elif message["event"] == "answer":
        print() if message["sentences"] else print(message["answer"])
        for citation in message["citations"]:
            source = message["sources"][citation["source"] - 1]
            print(f'[{citation["n"]}] {source["title"]}, bytes {citation["start"]}-{citation["end"]}: "{citation["quote"]}"')
        break
send(id=2, op="shutdown")
sys.exit(server.wait())
