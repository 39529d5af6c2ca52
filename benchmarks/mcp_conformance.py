"""Uses `radphi-rag mcp` through the official Python SDK, in the revisions with `initialize` and in the one without.

    pip install mcp
    python benchmarks/mcp_conformance.py "What are the CT findings of acute appendicitis?" -- .build/release/radphi-rag mcp [options]

The SDK checks every message against the protocol's schemas and every `structuredContent` against the tool's output schema.
Prints one line a revision; any other end is a failure.
"""
import asyncio
import importlib.metadata
import sys

from mcp import Client, MCPError, StdioServerParameters


async def check(question, command, mode):
    async with Client(StdioServerParameters(command=command[0], args=command[1:]), mode=mode) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask", "get_article", "search"], tools
        assert all(tool.output_schema["type"] == "object" for tool in tools)
        answer = await client.call_tool("ask", {"question": question})
        assert not answer.is_error and answer.content[0].text.startswith(answer.structured_content["answer"]), answer
        for citation in answer.structured_content["citations"]:
            source = answer.structured_content["sources"][citation["source"] - 1]
            article = (await client.call_tool("get_article", {"article": source["article"]})).structured_content
            assert article["text"].encode()[citation["start"]:citation["end"]].decode() == citation["quote"], citation
        hits = (await client.call_tool("search", {"query": question, "top_k": 3})).structured_content["hits"]
        assert 1 <= len(hits) <= 3
        assert (await client.call_tool("get_article", {"article": "no such article"})).is_error
        assert (await client.call_tool("search", {"query": "x", "system": ["no such system"]})).is_error
        try:
            await client.call_tool("no such tool", {})
            raise AssertionError("an unknown tool was taken")
        except MCPError as error:
            assert error.error.code == -32602, error
        return client.protocol_version, len(answer.structured_content["citations"])


async def main():
    question, _, *command = sys.argv[1:]
    for mode in ("legacy", "auto", "2026-07-28"):
        version, citations = await asyncio.wait_for(check(question, command, mode), 300)
        print(f"mcp {importlib.metadata.version('mcp')}, mode {mode}: revision {version}, {citations} citations resolved byte for byte")


asyncio.run(main())
