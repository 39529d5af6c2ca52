import CLibXML2

/// libxml2's tree of a page. The tree lives as long as the closure that receives its root; nodes must not leave it.
enum HTMLDocument {
    struct Failure: Error {
        let reason: String
    }

    /// Deeper than any page that a person wrote; what walks the tree may recurse this far.
    static let depthLimit = 250

    static func with<T>(_ bytes: [UInt8], _ body: (HTMLNode) -> T) throws(Failure) -> T {
        // Without a declared encoding libxml2 would take UTF-8 for Latin-1.
        let encoding = DocumentText.invalidOffset(bytes) == nil ? "UTF-8" : nil
        let options = HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue | HTML_PARSE_NONET.rawValue
        guard let document = bytes.withUnsafeBytes({ buffer in
            htmlReadMemory(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: buffer.count), nil, encoding, Int32(options))
        }) else { throw Failure(reason: "libxml2 found no HTML in it") }
        defer { xmlFreeDoc(document) }
        guard let root = xmlDocGetRootElement(document).map(HTMLNode.init) else { throw Failure(reason: "an empty page") }
        guard root.isShallower(than: depthLimit) else { throw Failure(reason: "elements nested more than \(depthLimit) deep") }
        return body(root)
    }
}

/// One node of a page; only valid inside `HTMLDocument.with`.
struct HTMLNode {
    private let node: xmlNodePtr

    init(_ node: xmlNodePtr) { self.node = node }

    var isElement: Bool { node.pointee.type == XML_ELEMENT_NODE }
    var isText: Bool { node.pointee.type == XML_TEXT_NODE || node.pointee.type == XML_CDATA_SECTION_NODE }

    /// Lower case.
    var name: String { isElement ? String(cString: node.pointee.name).lowercased() : "" }
    var text: String { isText ? node.pointee.content.map { String(cString: $0) } ?? "" : "" }

    var children: [HTMLNode] {
        // A text node's child pointer means something else in no version of libxml2, but an entity's does.
        guard isElement else { return [] }
        var found: [HTMLNode] = []
        var next = node.pointee.children
        while let child = next {
            found.append(HTMLNode(child))
            next = child.pointee.next
        }
        return found
    }

    /// The value of an attribute; empty where there is none.
    func attribute(_ name: String) -> String {
        guard isElement else { return "" }
        var next = node.pointee.properties
        while let attribute = next {
            if let known = attribute.pointee.name, String(cString: known).lowercased() == name {
                var value = ""
                var part = attribute.pointee.children
                while let text = part {
                    if let content = text.pointee.content { value += String(cString: content) }
                    part = text.pointee.next
                }
                return value
            }
            next = attribute.pointee.next
        }
        return ""
    }

    var classes: [String] { attribute("class").lowercased().split(whereSeparator: \.isWhitespace).map { String($0) } }

    /// All elements below, in document order, itself first.
    func elements(where matches: (HTMLNode) -> Bool) -> [HTMLNode] {
        var found: [HTMLNode] = []
        var open = [self]
        while let next = open.popLast() {
            guard next.isElement else { continue }
            if matches(next) { found.append(next) }
            open += next.children.reversed()
        }
        return found
    }

    func first(where matches: (HTMLNode) -> Bool) -> HTMLNode? {
        var open = [self]
        while let next = open.popLast() {
            guard next.isElement else { continue }
            if matches(next) { return next }
            open += next.children.reversed()
        }
        return nil
    }

    /// All text below with white space folded.
    var foldedText: String {
        var text = ""
        var open = [self]
        while let next = open.popLast() {
            if next.isText { text += next.text } else if next.name == "br" { text += " " }
            open += next.children.reversed()
        }
        return HTMLText.folded(text)
    }

    func isShallower(than limit: Int) -> Bool {
        var open = [(self, 0)]
        while let (next, depth) = open.popLast() {
            if depth >= limit { return false }
            open += next.children.map { ($0, depth + 1) }
        }
        return true
    }
}
