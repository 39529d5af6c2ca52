import Foundation
import Testing

@Suite struct DoctorTests {
    @Test func aHealthySetUpIsFound() throws {
        let outcome = try Program.run(["doctor", "--json"] + Bench.arguments)
        #expect(outcome.status == 0, "\(outcome.text)")
        let report = try outcome.json()
        #expect(report["healthy"]?.bool == true)
        #expect(report["findings"]?.array.compactMap { $0["check"]?.string } == ["program", "settings", "processor", "model", "memory", "corpus", "index", "disk"])
        let words = try Program.run(["doctor"] + Bench.arguments).text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("all weights are finite") && words.contains("all files match the manifest"))
    }

    @Test func eachFaultIsNamedWithWhatToDo() throws {
        let folder = "\(Bench.folder)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try Bench.arguments
        try FileManager.default.copyItem(atPath: "\(Bench.folder)/index", toPath: "\(folder)/index")
        let vectors = "\(folder)/index/generations/000001/vectors.faiss"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: vectors))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: vectors))
        let outcome = try Program.run(["doctor", "--json", "--model", "/no/model", "--corpus", "/no/corpus", "--index", "\(folder)/index"])
        #expect(outcome.status == 1)
        let findings = try outcome.json()["findings"]?.array ?? []
        for check in ["model", "corpus", "index"] {
            let finding = findings.first { $0["check"]?.string == check }
            #expect(finding?["state"]?.string == "broken", "\(outcome.text)")
            #expect(finding?["advice"]?.string?.isEmpty == false)
        }
    }

    @Test func weightsThatAreNotFiniteAreFound() throws {
        let folder = "\(Bench.folder)/\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: Bench.model, toPath: folder)
        let path = "\(folder)/model.safetensors"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // The last weight becomes a NaN (fp32, little-endian).
        bytes.replaceSubrange((bytes.count - 4)..., with: [0x00, 0x00, 0xC0, 0x7F])
        try bytes.write(to: URL(fileURLWithPath: path))
        let outcome = try Program.run(["doctor", "--model", folder, "--corpus", Bench.corpus, "--index", "\(folder)-index"])
        #expect(outcome.status == 1 && outcome.text.contains("finite") && outcome.text.contains("broken"), "\(outcome.text)")
    }
}
