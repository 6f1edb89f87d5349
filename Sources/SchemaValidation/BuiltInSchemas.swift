internal import CSchemas
internal import Codec

/// The files under `schemas/`, built into the program.
package enum BuiltInSchemas {
    /// A file's bytes by its path below `schemas/`, such as `json-schema/epcis-2.0.json`; nil where there is none.
    package static func bytes(_ path: String) -> [UInt8]? {
        // The table and the bytes are constants of the program; the bytes are copied.
        guard let file = unsafe cschema_find(path) else { return nil }
        return unsafe Array(UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.count))
    }

    /// Every file's path.
    package static var paths: [String] {
        var count = 0
        // As above; the paths are zero-terminated.
        guard let files = unsafe cschema_all(&count) else { return [] }
        return (0..<count).map { unsafe String(cString: files[$0].path) }
    }
}

extension SchemaRegistry {
    /// The standard meta-schemas of draft 2020-12 and draft-07, which schemas may refer to.
    package static var standard: SchemaRegistry {
        get throws(SchemaFailure) {
            var registry = SchemaRegistry()
            for path in BuiltInSchemas.paths where path.hasPrefix("json-schema/meta/") {
                guard let bytes = BuiltInSchemas.bytes(path), let document = try? JSONDocument(parsing: bytes),
                    let id = document.root["$id"]?.string
                else { continue }
                try registry.register(document, at: id)
            }
            return registry
        }
    }
}
