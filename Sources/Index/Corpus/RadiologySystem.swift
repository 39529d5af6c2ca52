/// The 19 systems that articles are filed under.
public enum RadiologySystem: String, CaseIterable, Sendable {
    case breast = "Breast"
    case cardiac = "Cardiac"
    case centralNervousSystem = "Central Nervous System"
    case chest = "Chest"
    case forensic = "Forensic"
    case gastrointestinal = "Gastrointestinal"
    case gynaecology = "Gynaecology"
    case haematology = "Haematology"
    case headAndNeck = "Head & Neck"
    case hepatobiliary = "Hepatobiliary"
    case interventional = "Interventional"
    case musculoskeletal = "Musculoskeletal"
    case obstetrics = "Obstetrics"
    case oncology = "Oncology"
    case paediatrics = "Paediatrics"
    case spine = "Spine"
    case trauma = "Trauma"
    case urogenital = "Urogenital"
    case vascular = "Vascular"

    /// The folder of its articles: `head-and-neck`.
    public var folder: String { rawValue.lowercased().replacing("&", with: "and").replacing(" ", with: "-") }
}
