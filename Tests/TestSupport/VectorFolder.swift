package import Foundation

/// Published test vectors, read in place and never copied: `VIVIAN_VECTORS`, else `../shared/vectors` beside the
/// checkout.
///
/// Suites discover their cases, so the folder may hold other files than today's in the same layout.
package enum VectorFolder {
    /// The folder of all sets, or nil where there is none.
    package static let root: URL? = {
        let environment = ProcessInfo.processInfo.environment
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates =
            environment["VIVIAN_VECTORS"].map { [URL(fileURLWithPath: $0)] } ?? [
                package.appending(path: "../shared/vectors"), package.appending(path: "../../shared/vectors"),
            ]
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }?.standardizedFileURL
    }()

    /// Whether the absence of the vectors is a failure rather than a reason to skip.
    package static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

    /// For `.enabled(if:)`: run where the set is there, or where its absence must fail.
    package static func shouldRun(_ set: String) -> Bool { isRequired || folder(set) != nil }

    /// One set's folder, or nil.
    package static func folder(_ set: String) -> URL? {
        guard let folder = root?.appending(path: set), FileManager.default.fileExists(atPath: folder.path) else {
            return nil
        }
        return folder
    }

    /// The files below one set (or a folder of it) whose names end as given, in the order of their paths.
    package static func files(_ set: String, endingWith suffix: String) -> [URL] {
        guard let folder = folder(set),
            let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        else { return [] }
        return found.compactMap { $0 as? URL }.filter { $0.lastPathComponent.hasSuffix(suffix) }
            .sorted { $0.path < $1.path }
    }

    /// The bytes of one file of a set.
    package static func bytes(_ set: String, _ path: String) throws -> [UInt8] {
        guard let folder = folder(set) else { throw Missing(set: set) }
        return Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// The bytes of one of the files found.
    package static func bytes(of file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

    /// The set is not there.
    package struct Missing: Error { package let set: String }
}
