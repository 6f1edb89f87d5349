import TestSupport

/// One file's bytes: what is seen, what is on the disk, and the changes in between.
struct SimulatedContent {
    static let sectorBytes = 512
    /// Changes that wait for a sync; the kernel writes older ones back by itself.
    private static let unsyncedMax = 64

    private enum Change {
        case write(at: Int, bytes: [UInt8])
        case cut(to: Int)

        func sectors(of size: Int) -> Range<Int> {
            switch self {
            case .write(let offset, let bytes): sectorRange(offset..<offset + bytes.count)
            case .cut(let end): sectorRange(min(end, size)..<size)
            }
        }
    }

    /// The page cache.
    private(set) var seen: [UInt8] = []
    /// What a crash leaves for sure.
    private(set) var durable: [UInt8] = []
    private var unsynced: [Change] = []
    /// What sectors of the disk were before their last change.
    private var former: [Int: [UInt8]] = [:]

    var isClean: Bool { unsynced.isEmpty }
    /// Sectors that the disk holds.
    var sectorCount: Int { (durable.count + Self.sectorBytes - 1) / Self.sectorBytes }
    /// Sectors that were something else before.
    var changedSectors: [Int] { former.keys.filter { $0 < sectorCount }.sorted() }

    // MARK: What a process does

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        put(bytes, at: offset, into: &seen)
        note(.write(at: offset, bytes: bytes))
    }

    mutating func truncate(to size: Int) {
        resize(&seen, to: size)
        note(.cut(to: size))
    }

    private mutating func note(_ change: Change) {
        unsynced.append(change)
        if unsynced.count > Self.unsyncedMax { apply(unsynced.removeFirst()) }
    }

    private mutating func apply(_ change: Change) {
        switch change {
        case .write(let offset, let bytes):
            remember(sectorRange(offset..<offset + bytes.count).clamped(to: 0..<sectorCount))
            put(bytes, at: offset, into: &durable)
        case .cut(let size): resize(&durable, to: size)
        }
    }

    private mutating func remember(_ sectors: Range<Int>) {
        for sector in sectors { former[sector] = self.sector(sector) }
    }

    /// Everything reaches the disk.
    mutating func sync() {
        for change in unsynced { apply(change) }
        unsynced.removeAll(keepingCapacity: true)
    }

    // MARK: What a disk does

    /// A sync that fails: some of it is on the disk, and the kernel forgets that the rest is not.
    mutating func failSync(_ random: inout SeededGenerator) {
        let before = seen
        _ = crash(&random)
        // The pages stay until they are evicted, clean though they are on no disk; or they are gone at once.
        if random.next() % 2 == 0 { seen = before }
    }

    /// A random sector of what the next sync will write.
    func unsyncedSector(_ random: inout SeededGenerator) -> Int? {
        let sectors = unsynced.flatMap { change -> Range<Int> in
            if case .write = change { change.sectors(of: seen.count) } else { 0..<0 }
        }
        return sectors.isEmpty ? nil : sectors[Int(random.next() % UInt64(sectors.count))]
    }

    /// The bytes of a sector on the disk, without what is behind the file's end.
    func sector(_ index: Int) -> [UInt8] {
        let start = min(index * Self.sectorBytes, durable.count)
        return Array(durable[start..<min(start + Self.sectorBytes, durable.count)])
    }

    /// Puts bytes where a sector of the disk is, no farther than the file goes.
    mutating func replace(sector index: Int, by bytes: [UInt8]) {
        let start = index * Self.sectorBytes
        for position in start..<min(start + Self.sectorBytes, durable.count) {
            durable[position] = position - start < bytes.count ? bytes[position - start] : 0
        }
    }

    mutating func flip(bit: Int) { durable[bit / 8] ^= 1 << UInt8(bit % 8) }

    mutating func makeStale(sector: Int) {
        guard let bytes = former[sector] else { return }
        replace(sector: sector, by: bytes)
    }

    /// The cache goes; changes that were not synced stay.
    mutating func evict() {
        seen = durable
        for change in unsynced {
            switch change {
            case .write(let offset, let bytes): put(bytes, at: offset, into: &seen)
            case .cut(let size): resize(&seen, to: size)
            }
        }
    }

    /// The power fails.
    /// - Returns: what it did to what was not synced.
    mutating func crash(_ random: inout SeededGenerator) -> [DiskFault] {
        defer {
            unsynced.removeAll()
            seen = durable
        }
        guard !unsynced.isEmpty else { return [] }
        switch random.next() % 8 {
        case 0: return [.unsyncedLost]
        case 1:
            for change in unsynced { apply(change) }
            return [.unsyncedKept]
        case 2, 3: return tear(&random)
        default: return reorder(&random)
        }
    }

    /// Changes reached the disk in their order, the last one up to a sector.
    private mutating func tear(_ random: inout SeededGenerator) -> [DiskFault] {
        let whole = Int(random.next() % UInt64(unsynced.count))
        for change in unsynced[..<whole] { apply(change) }
        guard case .write(let offset, let bytes) = unsynced[whole] else { return [.tornWrite] }
        let sectors = sectorRange(offset..<offset + bytes.count)
        let last = sectors.lowerBound + Int(random.next() % UInt64(sectors.count + 1))
        let count = min(bytes.count, last * Self.sectorBytes - offset)
        if count > 0 { apply(.write(at: offset, bytes: Array(bytes[..<count]))) }
        guard random.next() % 2 == 0, offset + bytes.count > durable.count else { return [.tornWrite] }
        resize(&durable, to: offset + bytes.count)
        return [.tornWrite, .zerosAtEnd]
    }

    /// Each sector reached the disk as it was after any of its changes, and so did the length.
    private mutating func reorder(_ random: inout SeededGenerator) -> [DiskFault] {
        var sizes = [durable.count]
        var touches: [Int: Int] = [:]
        for change in unsynced {
            for sector in change.sectors(of: sizes.max()!) { touches[sector, default: 0] += 1 }
            switch change {
            case .write(let offset, let bytes): sizes.append(max(sizes.last!, offset + bytes.count))
            case .cut(let size): sizes.append(size)
            }
        }
        var reached: [Int: Int] = [:]
        for sector in touches.keys.sorted() { reached[sector] = Int(random.next() % UInt64(touches[sector]! + 1)) }
        let sizeMax = sizes.max()!
        var made = durable
        var dataEnd = durable.count
        for change in unsynced {
            for sector in change.sectors(of: sizeMax) where reached[sector, default: 0] > 0 {
                reached[sector]! -= 1
                let range = sector * Self.sectorBytes..<(sector + 1) * Self.sectorBytes
                switch change {
                case .write(let offset, let bytes):
                    let part = range.clamped(to: offset..<offset + bytes.count)
                    put(
                        Array(bytes[part.lowerBound - offset..<part.upperBound - offset]), at: part.lowerBound,
                        into: &made)
                    dataEnd = max(dataEnd, part.upperBound)
                case .cut(let size):
                    for position in range where position >= size && position < made.count { made[position] = 0 }
                }
            }
        }
        var size = sizes[Int(random.next() % UInt64(sizes.count))]
        if random.next() % 4 == 0, let least = sizes.min(), least < sizeMax {
            size = min(sizeMax, (least / Self.sectorBytes + 1 + Int(random.next() % 8)) * Self.sectorBytes)
        }
        resize(&made, to: size)
        durable = made
        return size > dataEnd ? [.sectorsReordered, .zerosAtEnd] : [.sectorsReordered]
    }
}

/// The sectors that a range of bytes lies in.
private func sectorRange(_ bytes: Range<Int>) -> Range<Int> {
    let size = SimulatedContent.sectorBytes
    return bytes.isEmpty ? 0..<0 : bytes.lowerBound / size..<(bytes.upperBound + size - 1) / size
}

private func resize(_ bytes: inout [UInt8], to size: Int) {
    if size < bytes.count {
        bytes.removeLast(bytes.count - size)
    } else if size > bytes.count {
        bytes += [UInt8](repeating: 0, count: size - bytes.count)
    }
}

private func put(_ new: [UInt8], at offset: Int, into bytes: inout [UInt8]) {
    if offset > bytes.count { resize(&bytes, to: offset) }
    let overlap = min(new.count, bytes.count - offset)
    bytes.replaceSubrange(offset..<offset + overlap, with: new[..<overlap])
    bytes += new[overlap...]
}
