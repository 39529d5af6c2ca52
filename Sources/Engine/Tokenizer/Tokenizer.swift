import Synchronization

/// Byte-level BPE, the tokenizer of GPT-2, CodeGen and Phi-2.
///
/// Gives the ids that Hugging Face `tokenizers` gives when it encodes special tokens as plain text: added tokens that are not special,
/// such as CodeGen's runs of spaces, are matched, and no text can produce a control token. Safe to use from many threads.
public final class Tokenizer: Sendable {
    /// The token that ends a text.
    public let endToken: Int32
    /// Ids that stand for something: padding entries at the end of the vocabulary are not counted.
    public let tokenCount: Int
    /// Control tokens; no text encodes to one of these.
    public let controlTokens: Set<Int32>

    let added: [TokenizerDefinition.AddedToken]
    let merges: [MergeTable.Merge]
    let wholeWordsFirst: Bool
    private let byteTokens: [Int32]
    private let table: MergeTable
    /// First pass, then second.
    private let matchers: [AddedTokenMatcher]
    /// Token bytes one after the other; those of id are `tokenBytes[tokenStarts[id]..<tokenStarts[id + 1]]`.
    private let tokenBytes: [UInt8]
    private let tokenStarts: [Int]
    /// Only filled where whole words come first.
    private let words: [[UInt8]: Int32]
    private let state = Mutex(EncodingState())

    private struct EncodingState {
        var cache = WordCache()
        var merger = WordMerger()
    }

    init(_ definition: TokenizerDefinition, endToken: Int32, tokenCount: Int) throws(FileError) {
        var byteTokens: [Int32] = []
        for byte in UInt8.min...UInt8.max {
            guard let id = definition.id(of: ByteAlphabet.encode([byte])) else {
                throw definition.fault("vocab", nil, "no token for the byte \(byte): this is not a byte-level vocabulary")
            }
            guard !definition.isSpecial(id) else { throw definition.fault("vocab", nil, "the token of the byte \(byte) is a control token") }
            byteTokens.append(id)
        }
        var bytes: [UInt8] = []
        var starts = [0]
        var words: [[UInt8]: Int32] = [:]
        for (id, text) in definition.texts.enumerated() {
            if let text {
                let raw = ByteAlphabet.decode(text) ?? Array(text.utf8)
                bytes += raw
                if definition.wholeWordsFirst, !definition.isSpecial(Int32(id)) { words[raw] = Int32(id) }
            }
            starts.append(bytes.count)
        }
        self.endToken = endToken
        self.tokenCount = min(tokenCount, definition.texts.count)
        controlTokens = Set(definition.added.lazy.filter(\.special).map(\.id))
        added = definition.added
        merges = definition.merges
        wholeWordsFirst = definition.wholeWordsFirst
        self.byteTokens = byteTokens
        table = MergeTable(definition.merges)
        matchers = [
            AddedTokenMatcher(definition.added.filter { !$0.normalized }), AddedTokenMatcher(definition.added.filter(\.normalized)),
        ].filter { !$0.isEmpty }
        tokenBytes = bytes
        tokenStarts = starts
        self.words = words
    }

    /// The tokens of `text`. Time is linear in its length but for a logarithm on words of extreme length.
    public func encode(_ text: String) -> [Int32] {
        var text = text
        return text.withUTF8 { encode(valid: $0) }
    }

    /// The tokens of UTF-8 text; each maximal invalid sequence counts as U+FFFD.
    public func encode(utf8 bytes: UnsafeRawBufferPointer) -> [Int32] {
        encode(String(decoding: bytes, as: UTF8.self))
    }

    public func countTokens(_ text: String) -> Int { encode(text).count }

    /// The bytes of a token; empty for an id that has none. A control token's are its name.
    public func decodeBytes(_ id: Int32) -> [UInt8] {
        guard id >= 0, Int(id) < tokenStarts.count - 1 else { return [] }
        return Array(tokenBytes[tokenStarts[Int(id)]..<tokenStarts[Int(id) + 1]])
    }

    /// The text of `ids`; control tokens, padding and ids that do not exist are passed over, invalid UTF-8 becomes U+FFFD.
    public func decode(_ ids: [Int32]) -> String {
        var bytes: [UInt8] = []
        for id in ids where isText(id) { bytes += tokenBytes[tokenStarts[Int(id)]..<tokenStarts[Int(id) + 1]] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether `id` stands for text, and is not a control token, padding or unknown.
    public func isText(_ id: Int32) -> Bool { id >= 0 && Int(id) < tokenCount && !controlTokens.contains(id) }

    private func encode(valid bytes: UnsafeBufferPointer<UInt8>) -> [Int32] {
        // Two threads at once: the second one works without the cache, which changes no result.
        if let tokens = state.withLockIfAvailable({ state in encode(bytes, &state) }) { return tokens }
        var own = EncodingState()
        return encode(bytes, &own)
    }

    private func encode(_ bytes: UnsafeBufferPointer<UInt8>, _ state: inout EncodingState) -> [Int32] {
        var tokens: [Int32] = []
        tokens.reserveCapacity(bytes.count / 4 + 4)
        append(bytes, bytes.indices, matchers[...], to: &tokens, &state)
        return tokens
    }

    private func append(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ matchers: ArraySlice<AddedTokenMatcher>, to tokens: inout [Int32],
        _ state: inout EncodingState
    ) {
        if let matcher = matchers.first {
            for piece in matcher.split(bytes, range: range) {
                if let token = piece.token {
                    tokens.append(token)
                } else {
                    append(bytes, piece.range, matchers.dropFirst(), to: &tokens, &state)
                }
            }
            return
        }
        var scanner = WordScanner(bytes, range: range)
        while let word = scanner.next() { append(UnsafeBufferPointer(rebasing: bytes[word]), to: &tokens, &state) }
    }

    private func append(_ word: UnsafeBufferPointer<UInt8>, to tokens: inout [Int32], _ state: inout EncodingState) {
        let slot = state.cache.slot(word)
        if let slot, state.cache.append(word, slot: slot, to: &tokens) { return }
        if wholeWordsFirst, let whole = words[Array(word)] {
            tokens.append(whole)
            return
        }
        let first = tokens.count
        state.merger.append(word, byteTokens: byteTokens, table: table, to: &tokens)
        if let slot { state.cache.insert(word, slot: slot, tokens[first...]) }
    }
}
