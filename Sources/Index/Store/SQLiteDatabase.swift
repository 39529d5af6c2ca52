import CSQLite
import Engine
import Foundation

/// One connection to a SQLite file. Its handle, and those of its statements, never leave this file.
///
/// Not thread-safe: whoever shares one holds a lock around it.
final class SQLiteDatabase {
    enum Mode {
        /// A published file that nothing changes any more: opened without locks, journals or writing.
        case immutable
        /// An empty file, thrown away if the process dies: no journal, synchronised by the caller at the end.
        case scratch
        /// A file that outlives crashes: rollback journal, synchronised at every commit.
        case durable
    }

    enum Value: Equatable {
        case null
        case integer(Int64)
        case text(String)
        case blob([UInt8])
    }

    private let handle: OpaquePointer
    let path: String
    private var prepared: [String: Statement] = [:]

    init(_ path: String, _ mode: Mode) throws(IndexError) {
        self.path = path
        var name = path
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        if case .immutable = mode {
            let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
            // An absolute path, because "file:a/b" would take "a" for a host.
            name = "file:\(escaped.hasPrefix("/") ? "" : FileManager.default.currentDirectoryPath + "/")\(escaped)?immutable=1"
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        } else {
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            // SQLite gives its journal the file's own permissions, so the file is made private first.
            try Storage.createPrivate(path)
        }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, flags, nil)
        guard let opened, code == SQLITE_OK else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw .database(code: code, reason: reason, file: path)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        switch mode {
        case .immutable:
            try execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON; PRAGMA temp_store=MEMORY")
        case .scratch:
            try execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384")
        case .durable:
            try execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192")
        }
    }

    deinit {
        for statement in prepared.values { sqlite3_finalize(statement.handle) }
        sqlite3_close_v2(handle)
    }

    /// Statements without results or parameters, separated by semicolons.
    func execute(_ sql: String) throws(IndexError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// Runs a statement that gives no rows.
    func run(_ sql: String, _ values: [Value] = []) throws(IndexError) {
        let statement = try statement(sql, values)
        defer { statement.reset() }
        let code = sqlite3_step(statement.handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw error(code) }
    }

    /// Every row that `sql` gives, turned into a value by `body`.
    func rows<T>(_ sql: String, _ values: [Value] = [], _ body: (Row) throws -> T) throws -> [T] {
        var found: [T] = []
        try forEach(sql, values) { found.append(try body($0)); return true }
        return found
    }

    /// Row by row, until `body` returns false.
    func forEach(_ sql: String, _ values: [Value] = [], _ body: (Row) throws -> Bool) throws {
        let statement = try statement(sql, values)
        defer { statement.reset() }
        while true {
            let code = sqlite3_step(statement.handle)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw error(code) }
            if try !body(Row(statement)) { return }
        }
    }

    private func statement(_ sql: String, _ values: [Value]) throws(IndexError) -> Statement {
        let statement: Statement
        // A statement that is still being stepped (a query inside a query's body) is not shared.
        if let known = prepared[sql], !known.isBusy {
            statement = known
        } else {
            var made: OpaquePointer?
            let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
            guard code == SQLITE_OK, let made else { throw error(code) }
            statement = Statement(made)
            if let old = prepared.updateValue(statement, forKey: sql) { sqlite3_finalize(old.handle) }
        }
        statement.isBusy = true
        for (position, value) in values.enumerated() {
            let code = statement.bind(value, at: Int32(position + 1))
            guard code == SQLITE_OK else {
                statement.reset()
                throw error(code)
            }
        }
        return statement
    }

    private func error(_ code: Int32) -> IndexError {
        .database(code: code, reason: String(cString: sqlite3_errmsg(handle)), file: path)
    }

    static func exitStatus(_ code: Int32) -> ExitStatus {
        switch code & 0xFF {
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_NOMEM: .inputOutput
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: .badData
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        default: .failure
        }
    }

    /// Whether the error says that the file itself cannot be used any more.
    static func isDamage(_ error: IndexError) -> Bool {
        guard case .database(let code, _, _) = error else { return false }
        return exitStatus(code) == .badData
    }

    fileprivate final class Statement {
        let handle: OpaquePointer
        var isBusy = false

        init(_ handle: OpaquePointer) { self.handle = handle }

        func bind(_ value: Value, at index: Int32) -> Int32 {
            // SQLite copies what it is given (SQLITE_TRANSIENT), so nothing outlives the closures below.
            let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            switch value {
            case .null: return sqlite3_bind_null(handle, index)
            case .integer(let number): return sqlite3_bind_int64(handle, index, number)
            case .text(var text):
                return text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { sqlite3_bind_text64(handle, index, $0.baseAddress, UInt64($0.count), transient, UInt8(SQLITE_UTF8)) }
                }
            case .blob(let bytes):
                guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
                return bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), transient) }
            }
        }

        func reset() {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
            isBusy = false
        }
    }

    /// The current row; only valid inside the closure that received it.
    struct Row {
        private let statement: Statement
        fileprivate init(_ statement: Statement) { self.statement = statement }

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement.handle, column) }
        func int(_ column: Int32) -> Int { Int(clamping: integer(column)) }
        func double(_ column: Int32) -> Double { sqlite3_column_double(statement.handle, column) }
        func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement.handle, column) == SQLITE_NULL }

        func text(_ column: Int32) -> String {
            guard let pointer = sqlite3_column_text(statement.handle, column) else { return "" }
            let count = Int(sqlite3_column_bytes(statement.handle, column))
            return String(decoding: UnsafeBufferPointer(start: pointer, count: count), as: UTF8.self)
        }

        func blob(_ column: Int32) -> [UInt8] {
            guard let pointer = sqlite3_column_blob(statement.handle, column) else { return [] }
            return Array(UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(statement.handle, column))))
        }
    }
}
