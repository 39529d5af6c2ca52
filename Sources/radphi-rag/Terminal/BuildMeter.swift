import Foundation
import Index

/// The progress line of an index build: share done, rate, time left.
struct BuildMeter: Sendable {
    let console: Console

    func show(_ progress: BuildProgress) {
        let left = progress.fraction > 0.02 ? progress.seconds / progress.fraction * (1 - progress.fraction) : nil
        let bar = String(repeating: "#", count: Int(progress.fraction * 24)).padding(toLength: 24, withPad: ".", startingAt: 0)
        let rate = progress.tokensPerSecond > 0 ? String(format: ", %.0f tokens/s", progress.tokensPerSecond) : ""
        let time = left.map { String(format: ", %.0f s left", $0) } ?? ""
        console.progress("\(progress.phase.rawValue) [\(bar)] \(progress.passages) passages\(rate)\(time)")
    }
}
