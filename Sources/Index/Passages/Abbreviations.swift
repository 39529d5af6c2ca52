/// Words after which a full stop need not end a sentence.
enum Abbreviations {
    /// Never the last word of a sentence. Lower case, without the last full stop.
    static let never: Set<String> = [
        "e.g", "eg", "i.e", "ie", "vs", "cf", "viz", "approx", "ca", "resp", "incl", "esp", "fig", "figs", "dr", "mr", "mrs", "ms", "prof", "eq", "eqs",
    ]

    /// Abbreviations only before a number: "No. 5", "p. 12".
    static let beforeNumber: Set<String> = [
        "no", "nos", "p", "pp", "vol", "ch", "sec", "ref", "refs", "tab", "table", "art", "ed", "c", "circa", "al", "jan", "feb", "mar", "apr", "aug", "sept", "sep", "oct",
        "nov", "dec",
    ]

    /// Abbreviations before a name: "St. Thomas".
    static let beforeName: Set<String> = ["St", "Sr", "Jr", "Mt", "Ft", "Drs"]

    /// Lower-case beginnings of names that begin a sentence.
    static let particles: Set<String> = ["von", "van", "de", "den", "di", "la", "le"]

    /// Words that a single letter belongs to: "Type B." is the end of a sentence.
    static let labels: Set<String> = [
        "type", "types", "grade", "stage", "class", "group", "hepatitis", "vitamin", "factor", "zone", "stanford", "weber", "category", "score", "part", "segment", "level", "influenza", "pattern",
    ]

    /// Words that commonly begin a sentence and are no surname.
    static let openers: Set<String> = [
        "The", "A", "An", "In", "On", "It", "Its", "This", "These", "That", "Those", "There", "They", "If", "When", "As", "At", "For", "With", "Without", "Most", "Some", "Many",
        "All", "Both", "Other", "However", "Patients", "Symptoms", "Signs", "Treatment", "Diagnosis", "CT", "MRI", "Ultrasound", "Imaging", "He", "She", "We", "You", "Your", "Because",
        "Although", "After", "Before", "During", "While", "Since", "Early", "Late", "Acute", "Chronic", "By", "From", "To", "Of", "And", "But", "Or", "Not", "No",
    ]
}
