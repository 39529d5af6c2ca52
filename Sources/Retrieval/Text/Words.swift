/// Words as the lexical parts of retrieval see them.
public enum Words {
    /// Lower-case runs of letters and digits, in order; `T2-weighted` gives `t2`, `weighted`.
    public static func split(_ text: String) -> [String] {
        // Plain ASCII, nearly every text, needs no folding but the case.
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            return text.utf8.split { !isASCIIWord($0) }.map { run in String(decoding: run.map { isCapital($0) ? $0 | 0x20 : $0 }, as: UTF8.self) }
        }
        return NormalizedText(text).string
            .split { !($0.isLetter || $0.isNumber) }
            .map(String.init)
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func isASCIIWord(_ byte: UInt8) -> Bool { isCapital(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }

    /// Words that carry the meaning, reduced to their stems.
    public static func content(_ text: String) -> [String] {
        split(text).filter { !stopWords.contains($0) }.map(stem)
    }

    /// A light English stemmer (plural, `-ed`, `-ing`) that also joins British and American spellings; it only has to map both sides of a comparison alike.
    public static func stem(_ word: String) -> String {
        var word = word
        if mayBeBritish(word) {
            for (british, american) in spellings where word.contains(british) { word = word.replacing(british, with: american) }
        }
        guard word.count > 3, word.first?.isNumber != true else { return word }
        if word.hasSuffix("ies"), word.count > 4 { return String(word.dropLast(3)) + "y" }
        if word.hasSuffix("sses") || word.hasSuffix("xes") || word.hasSuffix("ches") || word.hasSuffix("shes") { word = String(word.dropLast(2)) }
        else if word.hasSuffix("s"), !word.hasSuffix("ss"), !word.hasSuffix("us"), !word.hasSuffix("is") { word = String(word.dropLast()) }
        if word.count > 6, word.hasSuffix("ing") { word = String(word.dropLast(3)) }
        else if word.count > 5, word.hasSuffix("ed") { word = String(word.dropLast(2)) }
        if word.count > 4, word.hasSuffix("e") { word = String(word.dropLast()) }
        return word
    }

    /// Whether a word has one of the letter pairs that all British patterns have: a quick no for most words.
    private static func mayBeBritish(_ word: String) -> Bool {
        var previous: UInt8 = 0
        for byte in word.utf8 {
            switch (previous, byte) {
            case (0x61, 0x65), (0x6F, 0x65), (0x6F, 0x75), (0x72, 0x65), (0x69, 0x73): return true  // ae oe ou re is
            default: previous = byte
            }
        }
        return false
    }

    /// The word itself and its British or American spelling, where one of the known patterns applies.
    public static func spellingVariants(_ word: String) -> [String] {
        var variants = [word]
        for (british, american) in spellings {
            if word.contains(british) { variants.append(word.replacing(british, with: american)) }
            else if word.contains(american), !word.contains(british) { variants.append(word.replacing(american, with: british)) }
        }
        return variants
    }

    private static let spellings = [
        ("haem", "hem"), ("oedem", "edem"), ("oesoph", "esoph"), ("paed", "ped"), ("gynaec", "gynec"), ("anaem", "anem"), ("foet", "fet"), ("caec", "cec"),
        ("tumour", "tumor"), ("colour", "color"), ("centre", "center"), ("fibre", "fiber"), ("ischaem", "ischem"), ("faec", "fec"),
        ("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("aetiol", "etiol"), ("diarrhoea", "diarrhea"), ("coeliac", "celiac"), ("apnoea", "apnea"), ("grey", "gray"),
    ]

    /// Words that say nothing about the subject, question words included.
    public static let stopWords: Set<String> = Set("""
        a about after all also an and any are as at be because been being between both but by can could did do does doing due during each either else
        for from had has have having he her here him his how i if in into is it its itself just may me might more most much must my no nor not of
        on once only or other our out over own please same shall she should show so some such tell than that the their them then there these they this
        those through to too under up upon us use used using very was we were what when where which while who whom whose why will with within without would
        you your give list name describe explain know known does typical typically usual usually
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
}
