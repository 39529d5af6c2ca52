#!/usr/bin/env python3
"""A server with OpenAI's chat completions for trying `eval answers --endpoint` without a model: answers with the first sentence of passage 1.

    python3 benchmarks/fake_endpoint.py 8099
"""
import http.server, json, re, sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions" or body["temperature"] != 0:
            self.send_error(404)
            return
        user = body["messages"][-1]["content"]
        passage = re.search(r"\[1\] .*\n (.*)", user)
        text = re.split(r"(?<=\.) ", passage.group(1))[0] + " [1]" if passage else "The passages do not answer this question."
        reply = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Handler).serve_forever()
