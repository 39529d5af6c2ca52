import Foundation

/// Where to read on: never the source of a quoted text.
public enum FurtherReading {
    /// A search on Radiopaedia for an article's title.
    public static func searchLink(title: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let query = title.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        return "https://radiopaedia.org/search?q=\(query)&scope=articles"
    }
}
