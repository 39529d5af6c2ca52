import Engine

extension Command {
    /// `radphi-rag serve`
    static let serve = Command(
        path: ["serve"],
        summary: "Answer JSON Lines requests on stdin and stdout",
        discussion: """
            One JSON object a line: {"id": 1, "op": "ask", "question": "…", "stream": true}. Operations: ask, search, embed, status, cancel, shutdown.
            Answers may come out of order. docs/PROTOCOL.md describes every field. Lines of more than 1 MiB are refused.
            """,
        options: [.model, .index, .corpus, .threads],
        examples: ["echo '{\"id\": 1, \"op\": \"search\", \"query\": \"halo sign\"}' | radphi-rag serve"]
    ) { arguments, console in
        try LineServer(workbench: Workbench.open(arguments, console), console: console).run()
    }

    /// `radphi-rag mcp`
    static let mcp = Command(
        path: ["mcp"],
        summary: "Serve the Model Context Protocol on stdin and stdout",
        discussion: "Tools: ask, search, get_article. For assistants that run on the same machine; nothing leaves it through this program.",
        options: [.model, .index, .corpus, .threads],
        examples: ["radphi-rag mcp --index /data/radiology.index"]
    ) { arguments, console in
        try ContextServer(workbench: Workbench.open(arguments, console), console: console).run()
    }
}
