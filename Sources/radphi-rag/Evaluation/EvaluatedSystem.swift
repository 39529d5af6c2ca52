import Retrieval

/// Something that answers questions, as one column of a comparison.
struct EvaluatedSystem {
    let name: String
    /// Confidence below which its answer counts as held back; nil when its answers say so themselves.
    let threshold: Double?
    let answer: (AskRequest) throws -> (answer: Answer, hits: [SearchHit])

    /// The program itself. It answers whatever its confidence, and the threshold is applied afterwards, so that coverage can be drawn against error.
    static func program(_ workbench: Workbench, mode: AnswerMode, legs: SearchLegs = .all, name: String? = nil) throws -> EvaluatedSystem {
        var settings = workbench.settings
        // Confidence is calibrated for the whole search: with one leg alone every answer is shown.
        let threshold = legs == .all ? (mode == .extract ? settings.abstentionWithoutModel : settings.abstention).threshold : nil
        settings.abstention.threshold = -1
        settings.abstentionWithoutModel.threshold = -1
        let answerer = try workbench.answerer(with: settings)
        return EvaluatedSystem(name: name ?? mode.rawValue, threshold: threshold) { request in
            var request = request
            request.mode = mode
            request.legs = legs
            var hits: [SearchHit] = []
            let answer = try answerer.answer(request, onEvent: { event in
                if case .sources(let found) = event { hits = found }
            })
            return (answer, hits)
        }
    }

    static func baselines(_ workbench: Workbench, beside mode: AnswerMode) throws -> [EvaluatedSystem] {
        var systems: [EvaluatedSystem] = []
        if mode != .extract { systems.append(try program(workbench, mode: .extract)) }
        systems.append(try program(workbench, mode: .extract, legs: .lexical, name: "lexical only"))
        systems.append(try program(workbench, mode: .extract, legs: .dense, name: "dense only"))
        let answerer = try workbench.answerer()
        systems.append(EvaluatedSystem(name: "closed book", threshold: nil) { try answerer.closedBook($0) })
        return systems
    }

    /// Another model, given the same passages.
    static func endpoint(_ endpoint: ChatEndpoint, _ workbench: Workbench) throws -> EvaluatedSystem {
        let answerer = try workbench.answerer()
        return EvaluatedSystem(name: endpoint.model, threshold: nil) { request in
            let prompt = try answerer.evidencePrompt(request)
            let began = ContinuousClock().now
            let text = try endpoint.complete(system: Answerer.evidenceInstruction, user: prompt, maxTokens: request.maxTokens)
            let duration = (ContinuousClock().now - began).components
            return try answerer.check(text, request, method: "endpoint", seconds: Double(duration.seconds) + Double(duration.attoseconds) * 1e-18)
        }
    }
}
