import Foundation

/// Makes safetensors files: for tests and tools, of tensors that fit in memory.
package enum SafetensorsWriter {
    package struct Tensor {
        package var name: String
        /// `F32`, `F16`, `BF16`, `I32`, …
        package var dtype: String
        package var shape: [Int]
        package var bytes: [UInt8]

        package init(name: String, dtype: String, shape: [Int], bytes: [UInt8]) {
            self.name = name
            self.dtype = dtype
            self.shape = shape
            self.bytes = bytes
        }
    }

    /// The bytes of a file with these tensors, one after the other in the order given; the header is padded to a multiple of 8.
    package static func file(_ tensors: [Tensor], metadata: [String: String] = [:]) throws -> [UInt8] {
        var header: [String: Any] = metadata.isEmpty ? [:] : ["__metadata__": metadata]
        var end = 0
        for tensor in tensors {
            header[tensor.name] = ["dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [end, end + tensor.bytes.count]] as [String: Any]
            end += tensor.bytes.count
        }
        var text = Array(try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes]))
        while text.count % 8 != 0 { text.append(0x20) }
        var file = withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init)
        file += text
        for tensor in tensors { file += tensor.bytes }
        return file
    }
}
