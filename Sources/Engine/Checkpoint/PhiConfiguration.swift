/// The shape of a Phi model, as its files state it.
public struct PhiConfiguration: Sendable, Equatable {
    /// Rows of the embedding and of the head.
    public var vocabularySize: Int
    /// Tokens that exist; ids from here to `vocabularySize` are padding and are never to be sampled.
    public var tokenCount: Int
    public var hiddenSize: Int
    public var layerCount: Int
    public var headCount: Int
    public var keyValueHeadCount: Int
    public var intermediateSize: Int
    /// Positions the model was made for.
    public var contextLength: Int
    /// Dimensions of each head that are rotated, from the first on; even.
    public var rotaryDimensions: Int
    public var rotaryBase: Double
    public var layerNormEpsilon: Double
    public var tieWordEmbeddings: Bool
    public var beginToken: Int32
    public var endToken: Int32

    public var headSize: Int { hiddenSize / headCount }
    /// Columns of K and of V: `keyValueHeadCount · headSize`.
    public var keyValueSize: Int { keyValueHeadCount * headSize }

    public init(
        vocabularySize: Int, tokenCount: Int, hiddenSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int, intermediateSize: Int,
        contextLength: Int, rotaryDimensions: Int, rotaryBase: Double = 10000, layerNormEpsilon: Double = 1e-5, tieWordEmbeddings: Bool,
        beginToken: Int32, endToken: Int32
    ) {
        self.vocabularySize = vocabularySize
        self.tokenCount = tokenCount
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.intermediateSize = intermediateSize
        self.contextLength = contextLength
        self.rotaryDimensions = rotaryDimensions
        self.rotaryBase = rotaryBase
        self.layerNormEpsilon = layerNormEpsilon
        self.tieWordEmbeddings = tieWordEmbeddings
        self.beginToken = beginToken
        self.endToken = endToken
    }

    /// Phi-2 itself, for runs that need its shape and not its weights.
    public static let phi2 = PhiConfiguration(
        vocabularySize: 51200, tokenCount: 50295, hiddenSize: 2560, layerCount: 32, headCount: 32, keyValueHeadCount: 32, intermediateSize: 10240,
        contextLength: 2048, rotaryDimensions: 32, tieWordEmbeddings: false, beginToken: 50256, endToken: 50256)

    /// Refuses shapes that cannot be: each number is within bounds under which no product of two or three can overflow.
    func validate(file: String, format: String) throws(FileError) {
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(FileError) {
            guard range.contains(value) else {
                throw .malformed(format, file, field: name, "\(value); from \(range.lowerBound) to \(range.upperBound) is expected")
            }
        }
        try check("vocabulary size", vocabularySize, 1...1 << 24)
        try check("hidden size", hiddenSize, 1...1 << 16)
        try check("layer count", layerCount, 1...1024)
        try check("head count", headCount, 1...1 << 12)
        try check("key-value head count", keyValueHeadCount, 1...headCount)
        try check("intermediate size", intermediateSize, 1...1 << 20)
        try check("context length", contextLength, 1...1 << 20)
        guard hiddenSize.isMultiple(of: headCount) else {
            throw .malformed(format, file, field: "hidden size", "\(hiddenSize) is not a multiple of the \(headCount) heads")
        }
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw .malformed(format, file, field: "head count", "\(headCount) is not a multiple of the \(keyValueHeadCount) key-value heads")
        }
        guard (0...headSize).contains(rotaryDimensions), rotaryDimensions.isMultiple(of: 2) else {
            throw .malformed(format, file, field: "rotary dimensions", "\(rotaryDimensions); an even number up to the head size \(headSize) is expected")
        }
        guard rotaryBase.isFinite, rotaryBase >= 1, rotaryBase <= 1e12 else {
            throw .malformed(format, file, field: "rotary base", "\(rotaryBase); from 1 to 1e12 is expected")
        }
        guard layerNormEpsilon.isFinite, layerNormEpsilon >= 0, layerNormEpsilon <= 1 else {
            throw .malformed(format, file, field: "layer norm epsilon", "\(layerNormEpsilon); from 0 to 1 is expected")
        }
        for (name, token) in [("begin token", beginToken), ("end token", endToken)] where token < 0 || Int(token) >= vocabularySize {
            throw .malformed(format, file, field: name, "\(token) is outside of the vocabulary of \(vocabularySize)")
        }
    }
}
