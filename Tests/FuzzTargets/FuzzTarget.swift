/// One decoder or verifier under any bytes: it must neither crash nor hang, and keep what it promises.
package struct FuzzTarget: Sendable {
    package let name: String
    /// The longest input that is worth trying, in bytes.
    package let byteCountMax: Int
    /// The promise that the input breaks, or nil.
    package let run: @Sendable ([UInt8]) -> String?

    package init(_ name: String, byteCountMax: Int = 4096, run: @escaping @Sendable ([UInt8]) -> String?) {
        self.name = name
        self.byteCountMax = byteCountMax
        self.run = run
    }

    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    /// Bytes that decode must be the one spelling of what they decode to.
    static func canonical(
        _ name: String, byteCountMax: Int = 4096, _ spell: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    )
        -> FuzzTarget
    {
        FuzzTarget(name, byteCountMax: byteCountMax) { bytes in
            guard let spelling = try? spell(bytes) else { return nil }
            return spelling == bytes ? nil : "accepted, but spelt otherwise when written"
        }
    }

    /// Bytes may say more than is read; what was read must come back from its own spelling.
    static func stable<Value: Equatable & SendableMetatype>(
        _ name: String, read: @escaping @Sendable ([UInt8]) throws -> Value,
        write: @escaping @Sendable (Value) -> [UInt8]
    ) -> FuzzTarget {
        FuzzTarget(name) { bytes in
            guard let value = try? read(bytes) else { return nil }
            return (try? read(write(value))) == value ? nil : "does not read what it wrote"
        }
    }
}
