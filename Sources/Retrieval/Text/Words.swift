/// Words as the lexical parts of retrieval see them.
public enum Words {
    /// Lower-case runs of letters and digits, in order; `T2-weighted` gives `t2`, `weighted`.
    public static func split(_ text: String) -> [String] {
        NormalizedText(text).string
            .split { !($0.isLetter || $0.isNumber) }
            .map(String.init)
    }

    /// Words that carry the meaning, reduced to their stems.
    public static func content(_ text: String) -> [String] {
        split(text).filter { !stopWords.contains($0) }.map(stem)
    }

    /// A light English stemmer (plural, `-ed`, `-ing`) that also joins British and American spellings; it only has to map both sides of a comparison alike.
    public static func stem(_ word: String) -> String {
        var word = word
        for (british, american) in spellings where word.contains(british) { word = word.replacing(british, with: american) }
        guard word.count > 3, word.first?.isNumber != true else { return word }
        if word.hasSuffix("ies"), word.count > 4 { return String(word.dropLast(3)) + "y" }
        if word.hasSuffix("sses") || word.hasSuffix("xes") || word.hasSuffix("ches") || word.hasSuffix("shes") { word = String(word.dropLast(2)) }
        else if word.hasSuffix("s"), !word.hasSuffix("ss"), !word.hasSuffix("us"), !word.hasSuffix("is") { word = String(word.dropLast()) }
        if word.count > 6, word.hasSuffix("ing") { word = String(word.dropLast(3)) }
        else if word.count > 5, word.hasSuffix("ed") { word = String(word.dropLast(2)) }
        if word.count > 4, word.hasSuffix("e") { word = String(word.dropLast()) }
        return word
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
