import Foundation

/// What the machine offers.
enum Machine {
    static func processor() -> Doctor.Finding {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func value(_ key: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(key) }?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let flags = Set((value("flags") ?? value("Features") ?? "").split(separator: " ").map(String.init))
        let known = ["avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16", "asimd", "asimddp", "i8mm", "bf16"]
        let present = known.filter(flags.contains)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let found = "\(value("model name") ?? "unknown processor"), \(cores) core\(cores == 1 ? "" : "s"); \(present.isEmpty ? "no vector instructions known here" : present.joined(separator: " "))"
        let isFast = flags.isSuperset(of: ["avx2", "fma"]) || flags.contains("asimd")
        return Doctor.Finding("processor", isFast ? .good : .warning, found, advice: isFast ? nil : "the portable kernels are used: answers are the same, but slow; a processor with AVX2 is faster")
    }

    static func memory(modelBytes: Int) -> Doctor.Finding {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return Doctor.Finding("memory", .warning, "unknown: /proc/meminfo does not say") }
        let available = kilobytes * 1024
        let needed = modelBytes * 3 / 2 + 256 << 20
        let found = "\(size(available)) available; this model takes about \(size(needed))"
        return available > needed ? Doctor.Finding("memory", .good, found) : Doctor.Finding("memory", .warning, found, advice: "close other programs, or use a smaller or quantised model (a GGUF file)")
    }

    /// Room and rights where the index is, or would be.
    static func disk(_ index: String) -> Doctor.Finding {
        var folder = index
        while !FileManager.default.fileExists(atPath: folder), folder.count > 1 {
            let above = (folder as NSString).deletingLastPathComponent
            folder = above.isEmpty ? "." : above
        }
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return Doctor.Finding("disk", .warning, "\(folder): \(String(cString: strerror(errno)))") }
        let free = Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
        let found = "\(size(free)) free at \(folder)"
        if access(folder, W_OK) != 0 {
            return Doctor.Finding("disk", .warning, "\(found), which may not be written", advice: "an index that is there can be used; to build one, name a folder of yours with --index DIR or RADPHI_INDEX")
        }
        return free > 512 << 20 ? Doctor.Finding("disk", .good, found) : Doctor.Finding("disk", .warning, found, advice: "an index takes about twice its corpus and its vectors; free some space or use --index on another disk")
    }

    static func size(_ bytes: Int) -> String {
        bytes >= 1 << 30 ? String(format: "%.1f GiB", Double(bytes) / 1_073_741_824) : String(format: "%.0f MiB", Double(bytes) / 1_048_576)
    }
}
