import Foundation
import Testing

@Suite(.serialized) struct ServeTests {
    /// A question whose answer takes long: free text to the context's end.
    private static func slow(_ id: String) -> String { #"{"id":"\#(id)","op":"ask","question":"What does CT of pneumothorax show?","mode":"generate","max_tokens":1024}"# }

    private func serve(_ lines: [String]) throws -> (Program.Outcome, [JSON]) {
        let outcome = try Program.run(["serve"] + Bench.arguments, input: Data(lines.joined(separator: "\n").utf8))
        return (outcome, try outcome.lines.map { try JSON($0) })
    }

    @Test func everyOperationAnswersWithItsId() throws {
        let (outcome, replies) = try serve([
            #"{"id":1,"op":"status"}"#, #"{"id":"two","op":"search","query":"pneumothorax on CT","top_k":2}"#, #"{"id":3,"op":"embed","texts":["lung","pleura"]}"#,
            #"{"id":4,"op":"ask","question":"\#(Bench.question)"}"#, #"{"id":-5,"op":"cancel","target":"nobody"}"#, #"{"id":6,"op":"shutdown"}"#, #"{"id":7,"op":"status"}"#,
        ])
        #expect(outcome.status == 0 && replies.count == 6)
        func reply(_ id: Int) -> JSON? { replies.first { $0["id"]?.int == id && $0["id"]?.string == nil } }
        #expect(reply(1)?.keys == ["articles", "id", "index", "model", "open", "passages", "version"])
        #expect(reply(1)?["articles"]?.int == 3)
        let hits = replies.first { $0["id"]?.string == "two" }?["hits"]?.array ?? []
        #expect(hits.count == 2)
        #expect(hits.first?.keys == ["article", "dense", "end", "entity", "intent", "kind", "lexical", "passage", "rank", "score", "section", "start", "systems", "text", "title"])
        #expect(reply(3)?["embeddings"]?.array.map(\.array.count) == [80, 80])
        #expect(reply(4)?["citations"]?.array.isEmpty == false)
        #expect(reply(-5)?["cancelled"]?.bool == false)
        #expect(reply(6)?["shutdown"]?.bool == true)
        #expect(reply(7) == nil)
    }

    @Test func streamingSendsSourcesThenTokensThenTheAnswer() throws {
        let (_, replies) = try serve([#"{"id":1,"op":"ask","question":"\#(Bench.question)","stream":true}"#])
        let events = replies.compactMap { $0["event"]?.string }
        #expect(events.first == "sources" && events.last == "answer" && events.dropFirst().dropLast().allSatisfy { $0 == "token" } && events.count >= 3)
        let text = replies.filter { $0["event"]?.string == "token" }.compactMap { $0["text"]?.string }.joined()
        #expect(text == replies.last?["answer"]?.string)
        #expect(replies.allSatisfy { $0["id"]?.int == 1 })
    }

    @Test func aBadLineIsAnsweredAndTheNextIsServed() throws {
        let bad = [
            "rubbish", "{", "[]", "[{}]", "7", "null", "\"text\"", #"{"op":"status"}"#, #"{"id":null,"op":"status"}"#, #"{"id":1.5,"op":"status"}"#, #"{"id":[1],"op":"status"}"#, #"{"id":{"a":1},"op":"status"}"#,
            #"{"id":true,"op":"status"}"#, #"{"id":"b","op":"dance"}"#, #"{"id":"b"}"#, #"{"id":"b","op":5}"#, #"{"id":"b","op":"search"}"#, #"{"id":"b","op":"search","query":7}"#, #"{"id":"b","op":"ask","question":""}"#,
            #"{"id":"b","op":"ask","question":"x","top_k":51}"#, #"{"id":"b","op":"ask","question":"x","top_k":2.5}"#, #"{"id":"b","op":"ask","question":"x","stream":"yes"}"#, #"{"id":"b","op":"ask","question":"x","mode":"loud"}"#,
            #"{"id":"b","op":"ask","question":"x","system":"Hart"}"#, #"{"id":"b","op":"ask","question":"x","topk":3}"#, #"{"id":"b","op":"embed"}"#, #"{"id":"b","op":"cancel"}"#, #"{"id":"b","op":"cancel","target":[1]}"#,
            String(repeating: "[", count: 100_000), "{\"id\":1,\"op\":\"search\",\"query\":\"\\ud800\"}", "\u{FEFF}\u{0}{\u{0}",
        ]
        let (outcome, replies) = try serve(bad.flatMap { [$0, #"{"id":"good","op":"status"}"#] })
        #expect(outcome.status == 0)
        #expect(replies.filter { $0["id"]?.string == "good" && ($0["version"] != nil || $0["error"]?["message"]?.string?.contains("not yet answered") == true) }.count == bad.count)
        let errors = replies.filter { $0["id"]?.string != "good" }
        #expect(errors.count == bad.count)
        #expect(errors.allSatisfy { $0["error"]?["kind"]?.string != nil && $0["error"]?["exit_code"]?.int != nil && $0["error"]?["message"]?.string?.isEmpty == false })
        #expect(errors.contains { $0["id"]?.array.count == 1 } && errors.contains { $0["id"]?["a"]?.int == 1 })
    }

    @Test func invalidBytesAreRefused() throws {
        let input = Data([0xFF, 0xFE, 0x7B, 0x00, 0x0A]) + Data("{\"id\":1,\"op\":\"search\",\"query\":\"".utf8) + Data([0xC3, 0x28]) + Data("\"}\r\n{\"id\":2,\"op\":\"status\"}".utf8)
        let outcome = try Program.run(["serve"] + Bench.arguments, input: input)
        #expect(outcome.status == 0 && outcome.lines.count == 3)
        #expect(try outcome.lines.map { try JSON($0) }.filter { $0["error"] == nil }.map { $0["id"]?.int } == [2])
    }

    @Test func aLongLineIsRefusedAndNotHeld() throws {
        let server = try Server("serve")
        try server.send(#"{"id":0,"op":"status"}"#)
        #expect(try server.next()?["id"]?.int == 0)
        let before = server.memory
        let piece = Data(repeating: UInt8(ascii: "a"), count: 1 << 20)
        try server.send(Data(#"{"id":1,"op":"search","query":""#.utf8))
        for _ in 0..<64 { try server.send(piece) }
        try server.send("\"}", #"{"id":2,"op":"status"}"#)
        let error = try server.next()
        #expect(error?["id"]?.isNull == true && error?["error"]?["message"]?.string?.contains("longer than 1048576 bytes") == true)
        #expect(try server.next()?["id"]?.int == 2)
        #expect(server.memory < before + 16)
        server.closeInput()
        #expect(server.wait() == 0)
    }

    @Test func anIdInUseIsRefusedAndFreeAfterwards() throws {
        let server = try Server("serve")
        try server.send(Self.slow("a"), #"{"id":"a","op":"status"}"#)
        #expect(try server.next()?["error"]?["message"]?.string?.contains("not yet answered") == true)
        try server.send(#"{"id":"c","op":"cancel","target":"a"}"#)
        #expect(try server.next()?["error"]?["kind"]?.string == "cancelled")
        #expect(try server.next()?["cancelled"]?.bool == true)
        try server.send(#"{"id":"a","op":"status"}"#)
        #expect(try server.next()?["version"] != nil)
        server.closeInput()
        #expect(server.wait() == 0)
    }

    /// Cancelling answers at once, with the model at work, with many searches waiting, and for questions that have not begun.
    @Test func cancellingTakesLessThanAQuarterOfASecond() throws {
        let server = try Server("serve")
        try server.send(Self.slow("running"), Self.slow("waiting"))
        for number in 0..<300 { try server.send(#"{"id":\#(number),"op":"search","query":"pneumothorax on CT"}"#) }
        for target in ["waiting", "running"] {
            let sent = ContinuousClock.now
            try server.send(#"{"id":"c-\#(target)","op":"cancel","target":"\#(target)"}"#)
            var reply = try server.next()
            while reply?["id"]?.string == nil { reply = try server.next() }
            #expect(reply?["id"]?.string == target && reply?["error"]?["kind"]?.string == "cancelled" && reply?["error"]?["exit_code"]?.int == 130)
            reply = try server.next()
            while reply?["id"]?.string == nil { reply = try server.next() }
            #expect(reply?["id"]?.string == "c-\(target)" && reply?["cancelled"]?.bool == true)
            #expect(ContinuousClock.now - sent < .milliseconds(250))
        }
        // The work has stopped too: the next answer is not kept waiting.
        let sent = ContinuousClock.now
        try server.send(#"{"id":"next","op":"ask","question":"\#(Bench.question)","mode":"extract"}"#)
        server.closeInput()
        let rest = try server.rest()
        #expect(rest.contains { $0["id"]?.string == "next" && $0["answer"] != nil })
        #expect(ContinuousClock.now - sent < .seconds(10))
        #expect(!rest.contains { ["running", "waiting"].contains($0["id"]?.string) })
        #expect(server.wait() == 0)
    }

    @Test func nothingLeaksAfterAThousandCancels() throws {
        let server = try Server("serve")
        func round(_ numbers: Range<Int>) throws {
            for number in numbers {
                try server.send(Self.slow("\(number)"), #"{"id":"c\#(number)","op":"cancel","target":"\#(number)"}"#)
                #expect(try server.next()?["error"]?["kind"]?.string == "cancelled")
                #expect(try server.next()?["cancelled"]?.bool == true)
            }
        }
        try round(0..<100)
        let before = server.memory
        try round(100..<1_000)
        try server.send(#"{"id":"s","op":"status"}"#)
        #expect(try server.next()?["open"]?.int == 0)
        #expect(server.memory < before + 16, "\(before) MiB, then \(server.memory)")
        server.closeInput()
        #expect(server.wait() == 0)
    }

    @Test func searchesDoNotWaitForAnswers() throws {
        let server = try Server("serve")
        try server.send(Self.slow("a"), Self.slow("b"), #"{"id":"s","op":"search","query":"halo sign"}"#)
        #expect(try server.next()?["id"]?.string == "s")
        try server.send(#"{"id":"x","op":"cancel","target":"a"}"#, #"{"id":"y","op":"cancel","target":"b"}"#)
        server.closeInput()
        #expect(try server.rest().count == 4)
        #expect(server.wait() == 0)
    }

    @Test func endOfInputFinishesWhatRuns() throws {
        let (outcome, replies) = try serve((0..<20).map { #"{"id":\#($0),"op":"ask","question":"\#(Bench.question)"}"# })
        #expect(outcome.status == 0)
        #expect(Set(replies.compactMap { $0["answer"] == nil ? nil : $0["id"]?.int }) == Set(0..<20))
    }

    @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130))]) func signalsAnswerWhatIsOpenAndEndWithinTwoSeconds(_ signal: Int32, _ status: Int32) throws {
        let server = try Server("serve")
        try server.send(#"{"id":0,"op":"status"}"#)
        _ = try server.next()
        for number in 1...50 { try server.send(Self.slow("\(number)")) }
        try server.send(#"{"id":51,"op":"status"}"#)
        _ = try server.next()
        let sent = ContinuousClock.now
        kill(server.process.processIdentifier, signal)
        #expect(server.wait() == status)
        #expect(ContinuousClock.now - sent < .seconds(2))
        let rest = try server.rest()
        #expect(rest.count == 50 && Set(rest.compactMap { $0["id"]?.string }).count == 50)
    }

    @Test func signalsEndAServerWhoseOutputNobodyReads() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = try ["serve"] + Bench.arguments
        process.environment = Program.environment()
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let writer = input.fileHandleForWriting
        Thread {
            signal(SIGPIPE, SIG_IGN)
            for number in 0... {
                do { try writer.write(contentsOf: Data("{\"id\":\(number),\"op\":\"search\",\"query\":\"pneumothorax\",\"top_k\":100}\n".utf8)) } catch { break }
            }
        }.start()
        // Until both pipes are full.
        sleep(3)
        let sent = ContinuousClock.now
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationStatus == 143)
        #expect(ContinuousClock.now - sent < .milliseconds(2_300))
        try? input.fileHandleForReading.close()
        withExtendedLifetime(output) {}
    }

    @Test func aFullDeviceIs74AndAClosedReaderIsQuiet() throws {
        let words = try Bench.arguments.map { "'\($0)'" }.joined(separator: " ")
        let requests = "for i in $(seq 200); do echo \"{\\\"id\\\":$i,\\\"op\\\":\\\"search\\\",\\\"query\\\":\\\"pneumothorax\\\",\\\"top_k\\\":20}\"; done"
        let full = try Program.shell("(\(requests); sleep 20) | (\"$radphi\" serve \(words) > /dev/full; echo $? >&2; kill $(jobs -p) 2>/dev/null; exit 0) & wait $!")
        #expect(full.error.contains("No space left") && full.error.contains("74"), "\(full.error)")
        let piped = try Program.shell("\(requests) | \"$radphi\" serve \(words) | head -1; echo ${PIPESTATUS[1]}")
        #expect(piped.lines.count == 2 && piped.lines.last == "0" && piped.error.isEmpty, "\(piped.text)\(piped.error)")
    }

    /// A library that prints, at load, while requests run and at exit: none of it may reach stdout.
    @Test func whateverALibraryPrintsEveryLineParses() throws {
        let source = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <unistd.h>
            #include <pthread.h>
            static void *chatter(void *unused) { for (;;) { printf("library says hello"); puts(""); fflush(stdout); write(1, "raw\\n", 4); usleep(1000); } return unused; }
            static void last(void) { puts("library says goodbye"); fflush(stdout); }
            __attribute__((constructor)) static void first(void) { pthread_t thread; printf("library was loaded\\n"); atexit(last); if (getenv("CHATTER")) { usleep(0); pthread_create(&thread, NULL, chatter, NULL); } }
            """
        try Data(source.utf8).write(to: URL(fileURLWithPath: "\(Bench.folder)/chatter.c"))
        let built = try Program.shell("clang -shared -fPIC -o chatter.so chatter.c -lpthread")
        try #require(built.status == 0, "\(built.error)")
        let lines = (0..<200).map { #"{"id":\#($0),"op":"search","query":"pneumothorax"}"# }.joined(separator: "\n")
        let outcome = try Program.run(["serve"] + Bench.arguments, input: Data(lines.utf8), environment: ["LD_PRELOAD": "\(Bench.folder)/chatter.so"])
        #expect(outcome.status == 0 && outcome.lines.count == 200)
        for line in outcome.lines { #expect(throws: Never.self) { try JSON(line) } }
        #expect(outcome.error.contains("library says goodbye"))
    }

    @Test func aThousandRequestsATenthMalformedAreAnsweredOnceEach() throws {
        let outcome = try Program.execute(
            "/usr/bin/env", ["python3", "\(Program.repository)/benchmarks/serve_load.py", "--requests", "1000", "--cancels", "20", "--", Program.path, "serve"] + Bench.arguments)
        #expect(outcome.status == 0, "\(outcome.error)")
        let report = try outcome.json()
        #expect(report["cancel_ms"]?["max"]?.double ?? 9_999 < 250)
        #expect(report["resident_end_mib"]?.int ?? 9_999 < (report["resident_early_mib"]?.int ?? 0) + 32)
    }
}
