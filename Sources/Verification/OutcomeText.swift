import Codec

/// How a verdict is shown, by `vivian verify` and `vivian-verify` alike.
extension VerificationOutcome {
    /// As people read it: a line each, the verdict last.
    ///
    /// A file's own words cannot steer the terminal.
    public var text: String {
        var lines = report.holds.map { "holds      \($0)" }
        lines += report.restsOn.map { "rests on   \($0)" }
        lines += report.unchecked.map { "unchecked  \($0)" }
        lines.append(reason.map { "REFUSED: \($0)" } ?? "OK")
        return lines.map(Self.printable).joined(separator: "\n")
    }

    /// As programs read it: one object with `ok`, `reason` (or null), `holds`, `restsOn`, `unchecked`.
    public var json: [UInt8] {
        func list(_ lines: [String]) -> JSON { .array(lines.map { .string($0) }) }
        return JSON.object([
            .init(name: "ok", value: .boolean(reason == nil)),
            .init(name: "reason", value: reason.map { .string($0) } ?? .null),
            .init(name: "holds", value: list(report.holds)),
            .init(name: "restsOn", value: list(report.restsOn)),
            .init(name: "unchecked", value: list(report.unchecked)),
        ]).serialized()
    }

    /// Control characters, line breaks, directional marks and the like become question marks.
    package static func printable(_ line: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                shown.append("?")
            case .spaceSeparator: shown.append(scalar == " " ? scalar : "?")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}
