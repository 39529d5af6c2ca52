import Foundation
import Testing

/// The program at a terminal: a pseudo-terminal of its own, of a given width.
private final class Terminal: @unchecked Sendable {
    private let master: Int32
    private let process = Process()
    private let condition = NSCondition()
    private var shown = ""

    struct TimedOut: Error, CustomStringConvertible { let description: String }

    init(columns: UInt16, _ arguments: [String], environment: [String: String] = [:]) throws {
        // Linux's way to a pseudo-terminal: TIOCSPTLCK unlocks it, TIOCGPTN gives its number.
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0
        var number: UInt32 = 0
        guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &number) == 0 else { throw TimedOut(description: "no pseudo-terminal") }
        var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        let handle = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = ["--ctty", "--wait", Program.path] + arguments
        process.environment = Program.environment(["TERM": "xterm-256color"].merging(environment) { $1 })
        process.standardInput = handle
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
        Thread { [self] in
            var bytes = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(master, &bytes, bytes.count)
                if count <= 0 { break }
                condition.lock()
                shown += String(decoding: bytes[..<count], as: UTF8.self)
                condition.broadcast()
                condition.unlock()
            }
        }.start()
    }

    func type(_ text: String) { _ = text.withCString { write(master, $0, strlen($0)) } }

    /// Waits until `text` was shown, forgets everything up to it, and returns what that was.
    @discardableResult
    func wait(for text: String) throws -> String {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: 60)
        while true {
            if let range = shown.range(of: text) {
                defer { shown.removeSubrange(..<range.upperBound) }
                return String(shown[..<range.upperBound])
            }
            if !condition.wait(until: deadline) { throw TimedOut(description: "\(text) was not shown, but: \(shown)") }
        }
    }

    /// Waits for an answer's last line and the prompt after it; returns the answer.
    func waitForAnswer() throws -> String {
        let answer = try wait(for: "passages.\u{1B}[0m")
        try wait(for: "\u{1B}[36m?\u{1B}[0m ")
        return answer
    }

    /// SIGTERM to the program itself, which setsid may have made its child.
    func terminate() {
        let own = process.processIdentifier
        let children = (try? String(contentsOfFile: "/proc/\(own)/task/\(own)/children", encoding: .utf8)) ?? ""
        kill(children.split(separator: " ").first.flatMap { Int32($0) } ?? own, SIGTERM)
    }

    func end() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite(.serialized) struct TerminalTests {
    private static let prompt = "\u{1B}[36m?\u{1B}[0m "

    private func plain(_ text: String) -> String {
        text.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "").replacing("\r", with: "")
    }

    @Test func anAnswerIsColouredHighlightedAndWrappedToTheWidth() throws {
        let terminal = try Terminal(columns: 60, ["ask", "--mode", "extract", Bench.question] + Bench.arguments)
        let screen = try terminal.wait(for: "\u{1B}[2mpassages.\u{1B}[0m")
        #expect(terminal.end() == 0)
        #expect(screen.contains("\u{1B}[1;32mCT\u{1B}[0m \u{1B}[1;32mof\u{1B}[0m"))
        #expect(screen.contains("\u{1B}[36m[1]\u{1B}[0m"))
        let lines = plain(screen).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 60 || $0.contains("https://") }, "\(lines)")
        // A number never begins a line of the answer.
        #expect(!lines.prefix { $0 != "Sources" }.contains { $0.hasPrefix("[1]") })
    }

    @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]]) func colourCanBeSwitchedOff(_ environment: [String: String]) throws {
        let terminal = try Terminal(columns: 80, ["ask", "--mode", "extract", Bench.question] + Bench.arguments, environment: environment)
        let screen = try terminal.wait(for: "passages.")
        #expect(terminal.end() == 0)
        #expect(!screen.contains("\u{1B}[") && screen.contains("«CT of"))
    }

    @Test func aSessionHasHistoryFollowUpsAndEndsWithCtrlD() throws {
        let terminal = try Terminal(columns: 80, ["ask", "--mode", "extract"] + Bench.arguments)
        try terminal.wait(for: Self.prompt)
        terminal.type("What is pneumothoraxx")
        try terminal.wait(for: "pneumothoraxx")
        terminal.type("\u{7F}?\r")
        let first = plain(try terminal.waitForAnswer())
        #expect(first.contains("[1] Pneumothorax"))
        terminal.type("and on ultrasound?\r")
        #expect(plain(try terminal.waitForAnswer()).contains("searched for: and on ultrasound in pneumothorax?"))
        // The question before the last, by two strokes of the arrow.
        terminal.type("\u{1B}[A\u{1B}[A")
        try terminal.wait(for: "What is pneumothorax?")
        terminal.type("\r")
        #expect(plain(try terminal.waitForAnswer()).contains("[1] Pneumothorax"))
        terminal.type("Who won the football world cup?\r")
        let unrelated = plain(try terminal.waitForAnswer())
        #expect(!unrelated.contains("searched for") && unrelated.contains("does not answer"))
        terminal.type("\u{4}")
        #expect(terminal.end() == 0)
    }

    @Test func ctrlCClearsALineStopsAnAnswerAndKeepsTheSession() throws {
        let terminal = try Terminal(columns: 80, ["ask", "--mode", "generate", "--max-tokens", "1024"] + Bench.arguments)
        try terminal.wait(for: Self.prompt)
        terminal.type("half a question\u{3}")
        try terminal.wait(for: "^C")
        try terminal.wait(for: Self.prompt)
        terminal.type("What does CT of pneumothorax show?\r")
        try terminal.wait(for: "show?")
        usleep(100_000)
        // Whether it meets the model at work or the next prompt, the session goes on.
        terminal.type("\u{3}")
        let began = ContinuousClock.now
        try terminal.wait(for: "^C")
        try terminal.wait(for: Self.prompt)
        #expect(ContinuousClock.now - began < .seconds(5))
        terminal.type("exit\r")
        #expect(terminal.end() == 0)
    }

    @Test func aPasteOfSeveralLinesIsOneQuestion() throws {
        let terminal = try Terminal(columns: 80, ["ask", "--mode", "extract"] + Bench.arguments)
        try terminal.wait(for: Self.prompt)
        terminal.type("\u{1B}[200~What is\npneumothorax?\u{1B}[201~")
        try terminal.wait(for: "What is pneumothorax?")
        terminal.type("\r")
        #expect(plain(try terminal.waitForAnswer()).contains("[1] Pneumothorax"))
        terminal.type("\u{4}")
        #expect(terminal.end() == 0)
    }

    @Test func terminationGivesTheTerminalBack() throws {
        let terminal = try Terminal(columns: 80, ["ask"] + Bench.arguments)
        try terminal.wait(for: Self.prompt)
        terminal.terminate()
        try terminal.wait(for: "\u{1B}[?2004l")
        #expect(terminal.end() == 143)
    }
}
