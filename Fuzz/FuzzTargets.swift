import Foundation

/// What libFuzzer calls, compiled into one module with the readers it tries. `RADPHI_FUZZ` selects the reader:
/// `gguf`, `safetensors` or `tokenizer`. A reader may refuse the input with a `FileError`; anything else is a crash.
private let input = FuzzInput()
private let reader = ProcessInfo.processInfo.environment["RADPHI_FUZZ"] ?? "gguf"

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let path = input.set(UnsafeRawBufferPointer(start: bytes, count: count))
    do {
        switch reader {
        case "safetensors":
            let file = try SafetensorsFile(path: path)
            for name in file.entries.keys { _ = try? file.floats(name) }
        case "tokenizer":
            let definition = try TokenizerFiles.tokenizerJSON(path)
            try exercise(Tokenizer(definition, endToken: 0, tokenCount: definition.texts.count))
        default:
            let file = try GGUFFile(path: path)
            for name in file.tensors.keys { _ = try? file.tensor(name)?.dequantized() }
            let checkpoint = try Checkpoint.open(path)
            try exercise(checkpoint.tokenizer)
            try? checkpoint.checkFinite()
        }
    } catch is FileError {
        return 0
    } catch {
        fatalError("an error that no user can be shown: \(error)")
    }
    return 0
}

/// Text never makes a control token, and what is encoded decodes to itself.
private func exercise(_ tokenizer: Tokenizer) throws {
    for text in ["", "The lung  is\n\n\tclear, they've 12 mm <|endoftext|>", "\u{1F600}é\u{3000} x", String(repeating: "ab ", count: 60), String(repeating: "a", count: 100)] {
        let ids = tokenizer.encode(text)
        precondition(!ids.contains { tokenizer.controlTokens.contains($0) }, "a control token from text")
        _ = tokenizer.decode(ids)
    }
    var decoder = StreamingDecoder(tokenizer)
    for id in Int32(-1)..<300 { _ = decoder.append(id) }
    _ = decoder.finish()
}

/// One file in memory, refilled for each input.
private final class FuzzInput: @unchecked Sendable {
    private let path = "/dev/shm/radphi-fuzz-\(getpid())"
    private let descriptor: Int32

    init() {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "\(path) cannot be written")
    }

    func set(_ bytes: UnsafeRawBufferPointer) -> String {
        ftruncate(descriptor, 0)
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(done))
            if count <= 0 { break }
            done += count
        }
        return path
    }
}
