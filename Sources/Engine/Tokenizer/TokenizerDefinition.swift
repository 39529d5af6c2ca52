/// A byte-level BPE tokenizer as its files state it, checked, before the tables for encoding are made.
struct TokenizerDefinition: Sendable {
    /// A token that is matched in the text before it is split into words, or that text can never produce.
    struct AddedToken: Sendable, Equatable {
        var id: Int32
        var content: String
        /// A control token: never matched in text.
        var special: Bool
        /// Matched in a second pass, over what the first pass left.
        var normalized: Bool
        /// Takes the white space before or after it along.
        var stripLeft: Bool
        var stripRight: Bool
    }

    let path: String
    /// `tokenizer` or `gguf`, for errors.
    let format: String
    /// The stored text of each id; nil where an id has no token.
    private(set) var texts: [String?] = []
    private(set) var added: [AddedToken] = []
    /// Left and right id, in order of rank.
    private(set) var merges: [MergeTable.Merge] = []
    /// Whether a word that is itself a token is taken whole, without merging.
    var wholeWordsFirst = false
    private var ids: [[UInt8]: Int32] = [:]
    private var addedIDs: Set<Int32> = []
    private var addedBytes = 0

    init(path: String, format: String) {
        self.path = path
        self.format = format
    }

    func fault(_ field: String, _ offset: Int?, _ problem: String) -> FileError {
        .malformed(format, path, field: field, offset: offset, problem)
    }

    func id(of text: String) -> Int32? { ids[Array(text.utf8)] }

    /// Makes room for ids below `count`; called with a count that the bytes of the file justify.
    mutating func reserve(_ count: Int) {
        texts = [String?](repeating: nil, count: count)
        ids.reserveCapacity(count)
    }

    /// Sets the stored text of an id. Ids and texts are unique; `unique: false` is for padding entries, which are only decoded.
    mutating func set(_ text: String, id: Int, offset: Int?, unique: Bool = true) throws(FileError) {
        guard texts.indices.contains(id) else {
            throw fault("vocab", offset, "the id \(id) of a token is out of range: there are \(texts.count) tokens")
        }
        guard texts[id] == nil else { throw fault("vocab", offset, "the id \(id) is given to two tokens") }
        texts[id] = text
        guard unique else { return }
        guard ids.updateValue(Int32(id), forKey: Array(text.utf8)) == nil else { throw fault("vocab", offset, "the token of id \(id) has another id too") }
    }

    /// Adds an added token; one that is already in the vocabulary keeps the id it has there.
    mutating func add(_ token: AddedToken, offset: Int?) throws(FileError) {
        if let known = id(of: token.content) {
            guard known == token.id else {
                throw fault("added_tokens", offset, "the token has id \(token.id) here and \(known) in the vocabulary")
            }
            guard !addedIDs.contains(token.id) else { throw fault("added_tokens", offset, "the id \(token.id) is given twice") }
        } else {
            try set(token.content, id: Int(token.id), offset: offset)
        }
        addedBytes += token.content.utf8.count
        guard token.content.utf8.count <= 4096, addedBytes <= 1 << 20 else {
            throw fault("added_tokens", offset, "a token of more than 4096 bytes, or more than 1 MiB of them")
        }
        addedIDs.insert(token.id)
        added.append(token)
    }

    /// Adds the next merge.
    mutating func merge(_ left: String, _ right: String, offset: Int?) throws(FileError) {
        guard let leftID = id(of: left), let rightID = id(of: right), let result = ids[Array(left.utf8) + Array(right.utf8)] else {
            throw fault("merges", offset, "merge \(merges.count) is of a token that is not in the vocabulary, or makes one")
        }
        guard !isSpecial(result) else { throw fault("merges", offset, "merge \(merges.count) would make the control token \(result) from text") }
        merges.append(MergeTable.Merge(left: leftID, right: rightID, result: result))
    }

    private var specials: Set<Int32> = []
    /// States which ids are control tokens; before the first merge.
    mutating func markSpecials() { specials = Set(added.lazy.filter(\.special).map(\.id)) }
    func isSpecial(_ id: Int32) -> Bool { specials.contains(id) }
}
