import Foundation

/// Reads a tokenizer from the files of a Hugging Face folder.
enum TokenizerFiles {
    /// `tokenizer.json`, or else `vocab.json` with `merges.txt` and, where there is one, `added_tokens.json`.
    static func definition(folder: String) throws(FileError) -> TokenizerDefinition {
        let whole = "\(folder)/tokenizer.json"
        if access(whole, F_OK) == 0 { return try tokenizerJSON(whole) }
        guard access("\(folder)/vocab.json", F_OK) == 0 else {
            throw .missing(whole, "a model folder needs tokenizer.json, or vocab.json and merges.txt")
        }
        return try vocabularyAndMerges(folder)
    }

    /// The files that `definition` reads, for the fingerprint.
    static func paths(folder: String) -> [String] {
        if access("\(folder)/tokenizer.json", F_OK) == 0 { return ["\(folder)/tokenizer.json"] }
        return ["vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json"].map { "\(folder)/\($0)" }
            .filter { access($0, F_OK) == 0 }
    }

    static func tokenizerJSON(_ path: String) throws(FileError) -> TokenizerDefinition {
        try tokenizerJSON(MappedFile(path: path).json(), path: path)
    }

    static func tokenizerJSON(_ root: JSONNode, path: String) throws(FileError) -> TokenizerDefinition {
        var definition = TokenizerDefinition(path: path, format: "tokenizer")
        guard root.object != nil else { throw definition.fault("tokenizer", root.offset, "an object is expected") }
        guard let model = root["model"] else { throw definition.fault("model", root.offset, "the object is missing") }
        try checkPipeline(root, model, definition)
        definition.wholeWordsFirst = model["ignore_merges"]?.boolean ?? false

        guard let vocabulary = model["vocab"]?.object else { throw definition.fault("model.vocab", model.offset, "an object is expected") }
        let addedNodes: [JSONNode]
        if let node = root["added_tokens"] {
            guard let items = node.array else { throw definition.fault("added_tokens", node.offset, "an array is expected") }
            addedNodes = items
        } else {
            addedNodes = []
        }
        var added: [(TokenizerDefinition.AddedToken, Int)] = []
        for (index, node) in addedNodes.enumerated() {
            guard let content = node["content"]?.string, let id = node["id"]?.integer, id >= 0, id < 1 << 24 else {
                throw definition.fault("added_tokens[\(index)]", node.offset, "an object with a content and an id from 0 on is expected")
            }
            if node["single_word"]?.boolean == true {
                throw .unsupported(path, field: "added_tokens[\(index)].single_word", offset: node.offset, "true is not supported")
            }
            let special = node["special"]?.boolean ?? false
            added.append(
                (
                    .init(
                        id: Int32(id), content: content, special: special, normalized: node["normalized"]?.boolean ?? !special,
                        stripLeft: node["lstrip"]?.boolean ?? false, stripRight: node["rstrip"]?.boolean ?? false), node.offset
                ))
        }
        try fill(&definition, vocabulary: vocabulary, added: added)

        guard let merges = model["merges"]?.array else { throw definition.fault("model.merges", model.offset, "an array is expected") }
        for (index, node) in merges.enumerated() {
            if let text = node.string {
                try merge(text, index, node.offset, &definition)
            } else if let pair = node.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
                try definition.merge(left, right, offset: node.offset)
            } else {
                throw definition.fault("model.merges[\(index)]", node.offset, "two tokens are expected")
            }
        }
        return definition
    }

    /// Refuses every part of the pipeline that would change ids and is not implemented.
    private static func checkPipeline(_ root: JSONNode, _ model: JSONNode, _ definition: TokenizerDefinition) throws(FileError) {
        func refuse(_ field: String, _ node: JSONNode, _ problem: String) -> FileError {
            .unsupported(definition.path, field: field, offset: node.offset, problem)
        }
        if let type = model["type"], type.string != "BPE" { throw refuse("model.type", type, "only BPE is supported") }
        if let normalizer = root["normalizer"] { throw refuse("normalizer", normalizer, "a byte-level tokenizer without normalizer is expected") }
        if let dropout = model["dropout"], dropout.number != 0 { throw refuse("model.dropout", dropout, "dropout is not supported") }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let node = model[key], node.string != "" { throw refuse("model.\(key)", node, "only an empty text is supported") }
        }
        if let node = model["byte_fallback"], node.boolean != false { throw refuse("model.byte_fallback", node, "only false is supported") }
        guard let splitter = root["pre_tokenizer"] else {
            throw refuse("pre_tokenizer", root, "a ByteLevel pre-tokenizer is expected")
        }
        var parts = [splitter]
        if splitter["type"]?.string == "Sequence" { parts = splitter["pretokenizers"]?.array ?? [] }
        guard parts.count == 1, let byteLevel = parts.first, byteLevel["type"]?.string == "ByteLevel",
            byteLevel["add_prefix_space"]?.boolean == false, byteLevel["use_regex"]?.boolean ?? true
        else {
            throw refuse("pre_tokenizer", splitter, "ByteLevel with add_prefix_space false and use_regex true is expected")
        }
    }

    private static func fill(
        _ definition: inout TokenizerDefinition, vocabulary: JSONObject, added: [(TokenizerDefinition.AddedToken, Int)]
    ) throws(FileError) {
        // Ids may leave gaps, but no more of them than there are tokens: an id alone must not decide how much memory is taken.
        let limit = 2 * (vocabulary.members.count + added.count) + 1024
        var count = 0
        for (token, node) in vocabulary.members {
            guard let id = node.integer, id >= 0, id < limit else {
                throw definition.fault("vocab.\(token)", node.offset, "the id of a token is out of range: from 0 to \(limit - 1) is expected")
            }
            count = max(count, id + 1)
        }
        for (token, offset) in added {
            guard Int(token.id) < limit else {
                throw definition.fault("added_tokens", offset, "the id \(token.id) of a token is out of range: from 0 to \(limit - 1) is expected")
            }
            count = max(count, Int(token.id) + 1)
        }
        definition.reserve(count)
        for (token, node) in vocabulary.members { try definition.set(token, id: node.integer ?? -1, offset: node.offset) }
        for (token, offset) in added { try definition.add(token, offset: offset) }
        definition.markSpecials()
    }

    static func merge(_ text: String, _ index: Int, _ offset: Int?, _ definition: inout TokenizerDefinition) throws(FileError) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw definition.fault("merges[\(index)]", offset, "two tokens with one space between them are expected")
        }
        try definition.merge(String(parts[0]), String(parts[1]), offset: offset)
    }

    private static func vocabularyAndMerges(_ folder: String) throws(FileError) -> TokenizerDefinition {
        let path = "\(folder)/vocab.json"
        var definition = TokenizerDefinition(path: path, format: "tokenizer")
        guard let vocabulary = try MappedFile(path: path).json().object else { throw definition.fault("vocab", 0, "an object is expected") }
        let specials = try specialContents(folder)
        var added: [(TokenizerDefinition.AddedToken, Int)] = []
        for content in specials {
            guard let id = vocabulary[content]?.integer, let token = Int32(exactly: id), token >= 0 else { continue }
            added.append((.init(id: token, content: content, special: true, normalized: false, stripLeft: false, stripRight: false), 0))
        }
        let addedPath = "\(folder)/added_tokens.json"
        if access(addedPath, F_OK) == 0 {
            guard let tokens = try MappedFile(path: addedPath).json().object else {
                throw .malformed("tokenizer", addedPath, field: "added_tokens", offset: 0, "an object is expected")
            }
            for (content, node) in tokens.members where !added.contains(where: { $0.0.content == content }) {
                guard let id = node.integer, id >= 0, id < 1 << 24 else {
                    throw .malformed("tokenizer", addedPath, field: content, offset: node.offset, "an id from 0 on is expected")
                }
                let special = specials.contains(content)
                added.append((.init(id: Int32(id), content: content, special: special, normalized: !special, stripLeft: false, stripRight: false), node.offset))
            }
        }
        try fill(&definition, vocabulary: vocabulary, added: added)

        let mergesPath = "\(folder)/merges.txt"
        let file = try MappedFile(path: mergesPath)
        guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw .malformed("tokenizer", mergesPath, field: "merges", offset: nil, "the text is not UTF-8")
        }
        try file.checkIntact()
        var offset = 0
        for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            defer { offset += line.count + 1 }
            var content = String(Substring(line))
            if content.utf8.last == 13 { content = String(content.dropLast()) }
            if content.hasPrefix("#version") || content.isEmpty { continue }
            try merge(content, definition.merges.count, offset, &definition)
        }
        return definition
    }

    /// Texts of control tokens: those that `special_tokens_map.json` and `tokenizer_config.json` name, or CodeGen's.
    private static func specialContents(_ folder: String) throws(FileError) -> [String] {
        var contents: [String] = []
        for name in ["special_tokens_map.json", "tokenizer_config.json"] where access("\(folder)/\(name)", F_OK) == 0 {
            let root = try MappedFile(path: "\(folder)/\(name)").json(limit: 64 << 20)
            for key in ["bos_token", "eos_token", "unk_token", "pad_token"] {
                if let text = root[key]?.string ?? root[key]?["content"]?.string { contents.append(text) }
            }
            for node in root["additional_special_tokens"]?.array ?? [] {
                if let text = node.string ?? node["content"]?.string { contents.append(text) }
            }
        }
        if contents.isEmpty { contents = ["<|endoftext|>"] }
        var seen: Set<String> = []
        return contents.filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
