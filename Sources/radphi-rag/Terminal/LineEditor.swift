import Foundation
import Synchronization

/// Reads lines at a terminal with editing and history. The history lives as long as the session: no question is written to disk.
final class LineEditor {
    enum Input: Equatable {
        case line(String)
        /// Ctrl-C.
        case interrupted
        /// Ctrl-D on an empty line, or the terminal is gone.
        case end
    }

    private let console: Console
    private var buffer = LineBuffer()
    private var decoder = KeyDecoder()
    private var pending: [UInt8] = []
    /// Row of the cursor below the first row of the prompt, as it was last drawn.
    private var cursorRow = 0

    init(console: Console) { self.console = console }

    /// Asks for one line.
    func read(prompt: String) -> Input {
        guard Self.enterRawMode() else { return .end }
        defer { Self.restoreTerminal() }
        cursorRow = 0
        draw(prompt)
        var isDrawn = true
        while true {
            // A paste is drawn once, not once a character.
            if !isDrawn, pending.isEmpty {
                draw(prompt)
                isDrawn = true
            }
            guard let byte = nextByte() else { return finish(.end) }
            guard let key = decoder.decode(byte) else { continue }
            isDrawn = false
            switch key {
            case .enter:
                buffer.end()
                draw(prompt)
                return finish(.line(buffer.submit()))
            case .interrupt:
                buffer.end()
                draw(prompt)
                buffer.clear()
                console.prompt("^C")
                return finish(.interrupted)
            case .endOfInput:
                if buffer.isEmpty { return finish(.end) }
                buffer.delete()
            case .character(let character): buffer.insert(character)
            case .backspace: buffer.backspace()
            case .delete: buffer.delete()
            case .left: buffer.left()
            case .right: buffer.right()
            case .up: buffer.up()
            case .down: buffer.down()
            case .home: buffer.home()
            case .end: buffer.end()
            case .wordLeft: buffer.wordLeft()
            case .wordRight: buffer.wordRight()
            case .deleteToStart: buffer.deleteToStart()
            case .deleteToEnd: buffer.deleteToEnd()
            case .deleteWord: buffer.deleteWord()
            case .redraw:
                console.prompt("\u{1B}[H\u{1B}[2J")
                cursorRow = 0
            }
        }
    }

    private func finish(_ input: Input) -> Input {
        console.prompt("\r\n")
        return input
    }

    private func nextByte() -> UInt8? {
        while pending.isEmpty {
            var poller = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            if console.cancellation.isCancelled { return nil }
            let ready = poll(&poller, 1, 100)
            if ready == 0 || (ready < 0 && errno == EINTR) { continue }
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = Foundation.read(0, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            pending = bytes[..<count].reversed()
        }
        return pending.popLast()
    }

    /// Draws prompt and line from the prompt's first row on, breaking rows itself, and puts the cursor where it belongs.
    private func draw(_ prompt: String) {
        let width = console.terminalWidth
        var out = cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : ""
        out += "\r\u{1B}[J\(prompt)"
        var row = 0
        var column = TextWidth.columns(prompt)
        var target = (row: row, column: column)
        for (position, character) in buffer.characters.enumerated() {
            let size = TextWidth.columns(character)
            if column + size > width {
                out += "\r\n"
                row += 1
                column = 0
            }
            if position == buffer.cursor { target = (row, column) }
            out.append(character)
            column += size
        }
        if column >= width {
            out += "\r\n"
            row += 1
            column = 0
        }
        if buffer.cursor == buffer.characters.count { target = (row, column) }
        if row > target.row { out += "\u{1B}[\(row - target.row)A" }
        out += "\r"
        if target.column > 0 { out += "\u{1B}[\(target.column)C" }
        cursorRow = target.row
        console.prompt(out)
    }

    // MARK: - The terminal's mode

    private static let saved = Mutex<termios?>(nil)

    private static func enterRawMode() -> Bool {
        var mode = termios()
        guard tcgetattr(0, &mode) == 0 else { return false }
        saved.withLock { $0 = mode }
        mode.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        mode.c_iflag &= ~tcflag_t(IXON | ICRNL)
        guard tcsetattr(0, TCSADRAIN, &mode) == 0 else { return false }
        // Bracketed paste: pasted line ends do not submit.
        _ = write(2, "\u{1B}[?2004h", 8)
        return true
    }

    /// Gives the terminal back its mode; harmless when it has it.
    static func restoreTerminal() {
        saved.withLock { saved in
            guard var mode = saved else { return }
            _ = write(2, "\u{1B}[?2004l", 8)
            tcsetattr(0, TCSADRAIN, &mode)
            saved = nil
        }
    }
}
