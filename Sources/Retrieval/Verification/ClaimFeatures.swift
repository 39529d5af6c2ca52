import Foundation

/// What must agree between a claim and its evidence before "supported" may be said: numbers with units, side, negation,
/// hedging and frequency, and words whose opposite reads alike (hyper-/hypointense).
///
/// Deliberately strict: a difference is never "supported".
public struct ClaimFeatures: Sendable, Equatable {
    /// `3 mm`, `50 %`, `2`, with the comparison in front: `<3 mm`.
    public let numbers: Set<String>
    /// left, right, bilateral, unilateral.
    public let sides: Set<String>
    /// How many negations: `no`, `not`, `without`, `absent` …
    public let negations: Int
    /// Classes of hedging and frequency: possible, likely, often, seldom, always.
    public let hedges: Set<String>
    /// Words of contrast that occur: `hypointense`, `upper`, `increased` …
    public let contrasts: Set<String>

    public init(_ text: String) {
        let folded = NormalizedText(text).string
        let words = folded.split { !($0.isLetter || $0.isNumber || $0 == ".") }.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: ".")) }
        numbers = ClaimFeatures.numbers(in: folded)
        var sides: Set<String> = []
        var hedges: Set<String> = []
        var contrasts: Set<String> = []
        var negations = 0
        for word in words {
            if let side = ClaimFeatures.sideWords[word] { sides.insert(side) }
            if let hedge = ClaimFeatures.hedgeWords[word] { hedges.insert(hedge) }
            if ClaimFeatures.negationWords.contains(word) || word.hasSuffix("n't") { negations += 1 }
            for stem in ClaimFeatures.contrastStems where word.hasPrefix(stem) { contrasts.insert(stem) }
        }
        self.sides = sides
        self.hedges = hedges
        self.contrasts = contrasts
        self.negations = negations
    }

    /// The first respect in which a claim says something else than its evidence; nil if there is none.
    ///
    /// The claim may leave a number of the evidence out; it may not have one that the evidence has not. Everything else must be equal.
    public static func disagreement(claim: ClaimFeatures, evidence: ClaimFeatures) -> String? {
        if !claim.numbers.isSubset(of: evidence.numbers) {
            return "number \(claim.numbers.subtracting(evidence.numbers).sorted().joined(separator: ", ")) is not in the evidence"
        }
        if claim.sides != evidence.sides { return "side differs" }
        if claim.negations != evidence.negations { return "negation differs" }
        if claim.hedges != evidence.hedges { return "hedging differs" }
        if !claim.contrasts.isSubset(of: evidence.contrasts) {
            return "\(claim.contrasts.subtracting(evidence.contrasts).sorted().joined(separator: ", ")) is not in the evidence"
        }
        return nil
    }

    private static func numbers(in text: String) -> Set<String> {
        var found: Set<String> = []
        let pattern = /(less than|more than|greater than|at least|at most|up to|under|over|below|above|<|>|≤|≥)?\s*(\d+(?:[.,]\d+)?)\s*(?:-|to)?\s*(mm|cm|m|ml|l|hu|%|per cent|percent|years?|weeks?|days?|months?|hours?|minutes?|kg|mg|g|degrees?|°|mmhg|mhz|ms|t)?(?![a-z])/
        var previousUnit = ""
        // From the back, so that the first number of `3 to 5 mm` takes the unit of the second.
        for match in text.matches(of: pattern).reversed() {
            let joined = text[match.range].hasSuffix("-") || text[match.range].trimmingCharacters(in: .whitespaces).hasSuffix("to")
            var unit = match.3.map(String.init) ?? (joined ? previousUnit : "")
            if unit == "percent" || unit == "per cent" { unit = "%" }
            if unit.count > 3, unit.hasSuffix("s") { unit.removeLast() }
            previousUnit = unit
            let comparison = match.1.flatMap { comparisons[String($0)] } ?? ""
            found.insert("\(comparison)\(match.2.replacing(",", with: "."))\(unit.isEmpty ? "" : " \(unit)")")
        }
        return found
    }

    private static let comparisons = [
        "less than": "<", "under": "<", "below": "<", "<": "<", "more than": ">", "greater than": ">", "over": ">", "above": ">", ">": ">",
        "at least": "≥", "≥": "≥", "at most": "≤", "up to": "≤", "≤": "≤",
    ]
    private static let sideWords = [
        "left": "left", "right": "right", "bilateral": "bilateral", "bilaterally": "bilateral", "both": "bilateral", "unilateral": "unilateral",
        "unilaterally": "unilateral", "ipsilateral": "ipsilateral", "contralateral": "contralateral", "leftwards": "left", "rightwards": "right",
    ]
    private static let negationWords: Set<String> = [
        "no", "not", "without", "absent", "absence", "never", "neither", "nor", "none", "cannot", "lack", "lacks", "lacking", "loss", "non", "negative", "exclude", "excludes",
    ]
    private static let hedgeWords: [String: String] = {
        var table: [String: String] = [:]
        for (name, words) in [
            "possible": "may might can could possible possibly", "likely": "likely probable probably suggest suggests suggestive suspicious",
            "often": "usually typically commonly common often frequently frequent most mostly generally predominantly", "seldom": "rarely rare uncommon uncommonly occasionally sometimes seldom infrequently infrequent",
            "always": "always all every pathognomonic diagnostic",
        ] {
            for word in words.split(separator: " ") { table[String(word)] = name }
        }
        return table
    }()
    private static let contrastStems = [
        "hyper", "hypo", "iso", "increas", "decreas", "reduc", "enlarg", "high", "low", "benign", "malignan", "upper", "lower", "anterior", "posterior", "medial", "lateral", "proximal",
        "distal", "superior", "inferior", "central", "peripheral", "acute", "chronic", "early", "late", "thick", "thin", "t1", "t2", "male", "female", "men", "women", "contraindicat", "first", "second",
        "third", "arterial", "venous", "enhanc", "unenhanc", "nonenhanc", "primary", "secondary", "before", "after", "younger", "older", "child", "adult", "restricted", "facilitated", "intra", "extra",
    ]
}
