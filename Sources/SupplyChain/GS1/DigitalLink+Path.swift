extension DigitalLink {
    /// The segments of a link from its first key on.
    struct Path {
        private let uri: ArraySlice<UInt8>
        private var key = ApplicationIdentifier.sscc
        /// What follows the key, parted by `/`: its value first.
        private var segments: [Range<Int>]

        /// Finds the key; nil where there is none with a value of five characters and more, the first four digits.
        init?(_ source: ArraySlice<UInt8>, after schemeLength: Int) {
            guard Self.hasKey(source, from: source.startIndex + schemeLength) else { return nil }
            let end = source.firstIndex(of: UInt8(ascii: "?")) ?? source.endIndex
            uri = source[..<end]
            segments = []
            segments.reserveCapacity(10)
            var start = source.startIndex
            for index in uri.indices where uri[index] == UInt8(ascii: "/") {
                segments.append(start..<index)
                start = index + 1
            }
            segments.append(start..<end)
            guard let place = findKey(isHTTPS: schemeLength == 6) else { return nil }
            segments.removeFirst(place + 1)
        }

        /// Whether the path, before query and fragment, has `/<key>/` with four digits and one more character after it.
        private static func hasKey(_ uri: ArraySlice<UInt8>, from start: Int) -> Bool {
            var slash: Int?
            for index in start..<uri.endIndex {
                switch uri[index] {
                case UInt8(ascii: "/"):
                    if index + 5 < uri.endIndex, uri[index + 5] != UInt8(ascii: "/"), uri[index + 1].isDigit,
                        uri[index + 2].isDigit, uri[index + 3].isDigit, uri[index + 4].isDigit, let before = slash,
                        let identifier = ApplicationIdentifier(uri[before + 1..<index]), identifier.isKey
                    {
                        return true
                    }
                    slash = index
                case UInt8(ascii: "?"), UInt8(ascii: "#"): return false
                default: break
                }
            }
            return false
        }

        /// Which segment is the key: the first one of a link that is at `id.gs1.org` already, else the first in the order of
        /// the keys.
        private mutating func findKey(isHTTPS: Bool) -> Int? {
            if isHTTPS, segments.count > 4, segments[1].isEmpty,
                StaticString("id.gs1.org").isEqual(to: uri[segments[2]]), let found = identifier(at: 3), found.isKey,
                segments[4].count > 4, uri[segments[4]].prefix(4).allSatisfy(\.isDigit)
            {
                key = found
                return 3
            }
            var best: (place: Int, key: ApplicationIdentifier)?
            for place in segments.indices.dropFirst() {
                guard let found = identifier(at: place), found.isKey else { continue }
                if best.map({ found.rawValue < $0.key.rawValue }) ?? true { best = (place, found) }
            }
            guard let best else { return nil }
            key = best.key
            return best.place
        }

        /// What a segment that has a slash after it stands for.
        private func identifier(at place: Int) -> ApplicationIdentifier? {
            place + 1 < segments.count ? ApplicationIdentifier(uri[segments[place]]) : nil
        }

        /// Appends `key/value...` if it is one of the forms.
        mutating func appendCanonical(to bytes: inout UTF8Text) -> Bool {
            bytes.append(key.spellings.number)
            bytes.append(UInt8(ascii: "/"))
            let start = bytes.count
            if key == .gtin {
                switch uri[segments[0]].prefix(while: \.isDigit).count {
                case 13: bytes.append("0")
                case 12: bytes.append("00")
                case 8...11: bytes.append("000000")
                default: break
                }
                dropCoarser(keyDigits: 14 - (bytes.count - start))
            } else if key == .itip {
                dropCoarser(keyDigits: 18)
            }
            bytes.append(contentsOf: uri[segments[0]])
            return isForm(bytes[start...]) && appendQualifier(to: &bytes)
        }

        /// Takes a variant (22) away, and a lot (10) where a serial (21) follows.
        private mutating func dropCoarser(keyDigits: Int) {
            guard segments[0].count == keyDigits, uri[segments[0]].allSatisfy(\.isDigit) else { return }
            if segments.count > 2, identifier(at: 1) == .variant, isShort(from: 2) { segments.removeSubrange(1...2) }
            if segments.count == 5, identifier(at: 1) == .lot, identifier(at: 3) == .serial, isText(2, 20),
                isText(4, 20)
            {
                segments.removeSubrange(1...2)
            }
        }

        /// Whether the segments from one on, with numbers for names, have at most 20 characters of values.
        private func isShort(from place: Int) -> Bool {
            var count = segments.count - place - 1
            for index in place..<segments.count {
                guard uri[segments[index]].allSatisfy(DigitalLink.isValue) else { return false }
                count += identifier(at: index)?.spellings.number.utf8CodeUnitCount ?? segments[index].count
            }
            return count <= 20
        }

        private func isText(_ place: Int, _ countMax: Int) -> Bool {
            segments[place].count <= countMax && uri[segments[place]].allSatisfy(DigitalLink.isValue)
        }

        /// Whether the key's value has the form that the key wants.
        private func isForm(_ value: ArraySlice<UInt8>) -> Bool {
            func mixed(_ digits: Int, _ rest: Int, _ isMember: (UInt8) -> Bool) -> Bool {
                value.count >= digits && value.count <= digits + rest && value.prefix(digits).allSatisfy(\.isDigit)
                    && value.dropFirst(digits).allSatisfy(isMember)
            }
            switch key {
            case .gtin: return mixed(14, 0, DigitalLink.isValue)
            case .gln, .party: return mixed(13, 0, DigitalLink.isValue)
            case .sscc, .itip, .gsrnp, .gsrn: return mixed(18, 0, DigitalLink.isValue)
            case .gsin: return mixed(17, 0, DigitalLink.isValue)
            case .gdti: return mixed(13, 17, DigitalLink.isValue)
            case .grai: return mixed(14, 16, DigitalLink.isValue)
            case .gcn: return mixed(13, 12, \.isDigit)
            case .ginc, .giai: return mixed(0, 30, DigitalLink.isValue)
            default: return mixed(0, 30, DigitalLink.isPart)
            }
        }

        /// Appends the qualifier if the key may have it.
        private func appendQualifier(to bytes: inout UTF8Text) -> Bool {
            if segments.count == 1 { return true }
            let qualifier = segments.count == 3 ? identifier(at: 1) : nil
            let isAllowed =
                switch (key, qualifier) {
                case (.gtin, .serial), (.gtin, .lot), (.itip, .serial), (.itip, .lot), (.gln, .glnExtension):
                    isText(2, 20)
                case (.gtin, .upuiSerial): isText(2, 28)
                case (.cpid, .cpidSerial): segments[2].count <= 12 && uri[segments[2]].allSatisfy(\.isDigit)
                default: false
                }
            if isAllowed, let qualifier {
                bytes.append("/")
                bytes.append(qualifier.spellings.number)
                bytes.append("/")
                bytes.append(contentsOf: uri[segments[2]])
                return true
            }
            // A component reference may hold slashes of its own.
            let rest = uri[(segments[1].lowerBound - 1)...]
            guard key == .cpid, segments[0].count + rest.count <= 30, rest.allSatisfy(DigitalLink.isPart) else {
                return false
            }
            bytes.append(contentsOf: rest)
            return true
        }
    }
}
