"""Asks radphi-rag a question over the Model Context Protocol and prints the answer with its quotes.

    python3 docs/examples/mcp_client.py "What are the CT findings of acute appendicitis?" -- .build/release/radphi-rag mcp
"""
import json
import subprocess
import sys

question, _, *command = sys.argv[1:]
server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def send(**message):
    server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    server.stdin.flush()


def call(identifier, method, **parameters):
    send(id=identifier, method=method, params=parameters)
    reply = json.loads(server.stdout.readline())
    return reply["result"] if "result" in reply else sys.exit(reply["error"]["message"])


call(1, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "example", "version": "1"})
send(method="notifications/initialized")
print("tools:", ", ".join(tool["name"] for tool in call(2, "tools/list")["tools"]))
result = call(3, "tools/call", name="ask", arguments={"question": question})
print(result["content"][0]["text"])
for citation in result["structuredContent"]["citations"]:
    print(f'[{citation["n"]}] "{citation["quote"]}"')
server.stdin.close()
sys.exit(1 if result["isError"] else server.wait())
