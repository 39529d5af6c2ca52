/// A measure that a question asks for. Only a sentence that gives one of that kind can be its answer: "how many weeks …" wants weeks.
public enum AskedQuantity: String, Sendable, CaseIterable {
    case share, dose, pressure, volume, size, duration, gene, number

    /// The measures that `question` asks for, mostly none.
    public static func detect(_ question: String) -> Set<AskedQuantity> {
        let words = Words.split(question)
        return Set(allCases.filter { $0.isAsked(in: words) })
    }

    /// Whether `sentence` gives every one of the measures.
    public static func given(_ quantities: Set<AskedQuantity>, in sentence: String) -> Bool {
        guard !quantities.isEmpty else { return false }
        let words = Words.split(sentence)
        return quantities.allSatisfy { $0.isGiven(in: words, sentence) }
    }

    private func isAsked(in words: [String]) -> Bool {
        let cues = self.cues
        for (index, word) in words.enumerated() {
            if cues.anywhere.contains(word) { return true }
            let next = index + 1 < words.count ? words[index + 1] : ""
            if word == "how", cues.how.contains(next) { return !(next == "often" && self == .duration) || ["must", "should"].contains(words[min(index + 2, words.count - 1)]) }
            if word == "how", next == "much" || next == "many", index + 2 < words.count, cues.muchOf.contains(words[index + 2]) { return true }
            // "What slice thickness", "which white cell count": the noun stands within four words.
            if word == "what" || word == "which", words[(index + 1)..<min(index + 5, words.count)].contains(where: cues.nouns.contains) { return true }
        }
        return false
    }

    private func isGiven(in words: [String], _ sentence: String) -> Bool {
        let cues = self.cues
        if words.contains(where: cues.given.contains) { return true }
        if self == .gene { return Self.hasSymbol(sentence) }
        let hasNumber = words.contains { $0.contains(where: \.isNumber) }
        if self == .share, sentence.contains("%") { return true }
        if self == .number { return hasNumber || words.contains(where: Self.numberWords.contains) }
        // Figures keep their units: "5 mm" and "5mm".
        return hasNumber && words.contains { word in cues.units.contains(String(word.drop { $0.isNumber })) } || (cues.units.contains("%") && sentence.contains("%"))
    }

    /// A name such as BRCA1 or HLA-B27: three capitals or figures in a row, two of them capitals, and not a modality.
    private static func hasSymbol(_ sentence: String) -> Bool {
        sentence.split { !($0.isUppercase || $0.isNumber) }.contains { run in
            run.count >= 3 && run.filter(\.isUppercase).count >= 2 && !["MRI", "PET", "FDG", "DWI", "SPECT", "FLAIR", "STIR", "DSA"].contains(String(run))
        }
    }

    private struct Cues {
        /// Nouns soon after "what" or "which".
        var nouns: Set<String> = []
        /// The word after "how".
        var how: Set<String> = []
        /// What is counted or measured in "how much", "how many".
        var muchOf: Set<String> = []
        var anywhere: Set<String> = []
        /// Words that give the measure without a figure.
        var given: Set<String> = []
        /// Units that give it beside a figure.
        var units: Set<String> = []
    }

    private var cues: Cues { Self.table[self] ?? Cues() }

    private static let times: Set<String> = [
        "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "decade", "decades", "trimester", "lifelong",
        "permanent", "permanently", "immediate", "immediately", "once", "birth", "childhood", "adolescence", "adolescent", "adolescents", "puberty", "menopause", "postmenopausal", "daily",
        "annual", "annually", "yearly", "overnight", "young", "younger", "old", "older", "elderly", "neonate", "neonates", "newborn", "infant", "infants", "infancy", "child", "children",
    ]
    private static let numberWords: Set<String> = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "single", "both", "pair", "half", "third", "quarter", "no", "none", "double",
        "triple", "twice", "once", "several",
    ]
    private static let table: [AskedQuantity: Cues] = [
        .share: Cues(
            nouns: ["proportion", "share", "fraction", "sensitivity", "specificity", "accuracy", "rate", "likelihood"],
            how: ["often", "frequent", "frequently", "common", "commonly", "sensitive", "specific", "accurate", "likely", "rare"],
            anywhere: ["percentage", "percent", "rate", "incidence", "prevalence", "mortality", "survival"],
            given: ["percent", "cent", "half", "third", "thirds", "quarter", "quarters", "most", "majority", "nearly", "almost", "always", "never", "rare", "rarely", "uncommon", "common",
                "commonly", "frequent", "frequently", "often", "usually", "minority", "occasional", "occasionally", "few", "every", "per"]),
        .dose: Cues(
            nouns: ["dose", "activity"], muchOf: ["radiation"],
            units: ["gy", "gray", "msv", "mgy", "mbq", "kbq", "mg", "g", "ml", "sievert", "sieverts", "millisievert", "millisieverts", "units", "unit", "mci"]),
        .pressure: Cues(nouns: ["pressure"], units: ["mmhg", "hg", "kpa", "cmh2o", "cm", "mm", "bar", "atm"]),
        .volume: Cues(nouns: ["volume"], muchOf: ["fluid", "contrast", "blood", "gas", "air", "water"], given: ["litre", "litres", "millilitres"], units: ["ml", "l", "cm3", "litres", "%"]),
        .size: Cues(
            nouns: ["size", "diameter", "width", "thickness", "length", "distance", "depth"], how: ["large", "big", "wide", "thick", "far", "deep", "tall", "small"],
            given: ["half", "third", "twice", "vertebra", "vertebrae", "gauge"], units: ["mm", "cm", "m", "g", "fr", "french", "gauge", "times", "bodies", "metres", "%"]),
        .duration: Cues(
            nouns: ["age", "time", "interval", "week", "day", "month", "year", "decade"], how: ["long", "soon", "quickly", "fast", "early", "late", "old", "often"],
            muchOf: ["seconds", "minutes", "hours", "days", "weeks", "months", "years", "time"], given: times),
        .gene: Cues(
            nouns: ["gene", "genes", "mutation", "mutations", "chromosome", "hla", "allele"], anywhere: ["hla"], given: ["chromosome", "trisomy", "gene", "genes", "translocation"]),
        .number: Cues(
            nouns: ["count", "level", "threshold", "cutoff", "value", "score", "index", "ratio", "angle", "angulation", "number", "attenuation", "range", "ph", "stiffness", "weight", "cost",
                "strength"],
            how: ["many", "much"], anywhere: ["hounsfield", "suv"]),
    ]
}
