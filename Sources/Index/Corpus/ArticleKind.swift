/// The kinds of articles and the headings that each may have, in their order.
public enum ArticleKind: String, CaseIterable, Sendable {
    case pathology, anatomy, sign, classification, technique, approach

    static let modalities = ["Plain radiograph", "Mammography", "Fluoroscopy", "Ultrasound", "CT", "Angiography (DSA)", "MRI", "Nuclear medicine"]

    /// Headings of the first level.
    public var headings: [String] {
        switch self {
        case .pathology:
            ["Terminology", "Epidemiology", "Diagnosis", "Clinical presentation", "Pathology", "Radiographic features", "Radiology report", "Treatment and prognosis", "Complications",
             "History and etymology", "Differential diagnosis", "Practical points", "See also"]
        case .anatomy:
            ["Summary", "Gross anatomy", "Arterial supply", "Venous drainage", "Lymphatic drainage", "Innervation", "Histology", "Variant anatomy", "Radiographic features", "Development",
             "Clinical importance", "Related pathology", "See also"]
        case .sign: ["Terminology", "Pathology", "Radiographic features", "Differential diagnosis", "Practical points", "History and etymology", "See also"]
        case .classification: ["Usage", "Classification", "Radiographic features", "Interpretation", "Practical points", "Limitations", "History and etymology", "See also"]
        case .technique:
            ["Indications", "Contraindications", "Procedure", "Technique", "Interpretation", "Radiographic features", "Outcomes", "Complications", "Practical points", "See also"]
        case .approach: ["Terminology", "Assessment", "Radiographic features", "Interpretation", "Differential diagnosis", "Practical points", "See also"]
        }
    }

    /// Headings of the second level below `heading`.
    public func subheadings(of heading: String) -> [String] {
        switch (heading, self) {
        case ("Radiographic features", _): Self.modalities
        case ("Pathology", .pathology): ["Aetiology", "Location", "Classification", "Macroscopic appearance", "Microscopic appearance", "Markers", "Genetics"]
        default: []
        }
    }
}
