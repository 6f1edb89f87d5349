import Glibc
import LedgerStore
import TestSupport

/// What a simulated disk holds: contents by number, and folders that name them.
struct SimulatedDiskState {
    /// What a path names.
    private enum Entry: Equatable {
        case file(Int)
        case folder
    }

    var random: SeededGenerator
    var byteBudget: Int
    var counts: [DiskFault: Int] = [:]
    var armed: [DiskFault: Int] = [:]
    var odds: [DiskFault: UInt64] = [:]
    /// Counts processes: a file that another one opened is of no use.
    private(set) var life = 0
    private var hasPower = true

    private(set) var contents: [SimulatedContent] = []
    private var entries: [String: Entry] = ["/": .folder]
    private var durableEntries: [String: Entry] = ["/": .folder]
    /// Changes of entries whose folder was not synced since, in order; nil deletes.
    private var unsynced: [(path: String, entry: Entry?)] = []
    private var byteCount = 0

    init(random: SeededGenerator, byteBudget: Int) {
        self.random = random
        self.byteBudget = byteBudget
    }

    /// Contents by path.
    var files: [String: Int] {
        var files: [String: Int] = [:]
        for case (let path, .file(let index)) in entries { files[path] = index }
        return files
    }

    // MARK: Faults

    private mutating func count(_ fault: DiskFault) { counts[fault, default: 0] += 1 }

    /// Whether a fault happens at this call.
    private mutating func isDue(_ fault: DiskFault) -> Bool {
        if let left = armed[fault] {
            armed[fault] = left > 0 ? left - 1 : nil
            if left > 0 { return false }
        } else {
            guard let chance = odds[fault], random.next() % 10_000 < chance else { return false }
        }
        count(fault)
        return true
    }

    /// Whether a call that changes the disk is made at all.
    private mutating func isPowered() -> Bool {
        if hasPower, isDue(.powerLoss) { hasPower = false }
        return hasPower
    }

    // MARK: Files

    mutating func open(_ path: String, _ mode: OpenMode) -> Result<(index: Int, life: Int), SystemError> {
        guard hasPower else { return .failure(SystemError(EIO)) }
        switch entries[path] {
        case .folder?: return .failure(SystemError(EISDIR))
        case .file(let index)?:
            if mode == .replace, truncate(index, to: 0) < 0 { return .failure(SystemError(EIO)) }
            return .success((index, life))
        case nil:
            guard mode == .create || mode == .replace, entries[Self.folder(of: path)] == .folder else {
                return .failure(SystemError(ENOENT))
            }
            guard isPowered() else { return .failure(SystemError(EIO)) }
            contents.append(SimulatedContent())
            set(path, .file(contents.count - 1))
            return .success((contents.count - 1, life))
        }
    }

    mutating func read(_ index: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard hasPower, !isDue(.readError) else { return -Int(EIO) }
        return contents[index].seen.withUnsafeBytes { bytes in
            guard offset < bytes.count else { return 0 }
            let part = bytes[offset..<min(bytes.count, offset + buffer.count)]
            buffer.copyBytes(from: part)
            return part.count
        }
    }

    mutating func write(_ index: Int, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        guard isPowered(), !isDue(.writeError) else { return -Int(EIO) }
        var size = bytes.count
        if size > 1, isDue(.shortWrite) { size = 1 + Int(random.next() % UInt64(size - 1)) }
        let growth = max(0, offset + size - contents[index].seen.count)
        if growth > byteBudget - byteCount {
            count(.full)
            size -= growth - max(0, byteBudget - byteCount)
            guard size > 0 else { return -Int(ENOSPC) }
        }
        byteCount += max(0, offset + size - contents[index].seen.count)
        contents[index].write(Array(bytes[..<size]), at: offset)
        return size
    }

    mutating func truncate(_ index: Int, to size: Int) -> Int {
        guard isPowered(), !isDue(.writeError) else { return -Int(EIO) }
        byteCount += size - contents[index].seen.count
        contents[index].truncate(to: size)
        return 0
    }

    mutating func sync(_ index: Int) -> Int {
        guard isPowered() else { return -Int(EIO) }
        if isDue(.syncError) {
            contents[index].failSync(&random)
            recount()
            return -Int(EIO)
        }
        if !contents[index].isClean, isDue(.lostWrite) {
            lose(index)
        } else if !contents[index].isClean, isDue(.misdirectedWrite), let (sector, bytes) = lose(index) {
            misdirect(bytes, from: index, sector)
        } else {
            contents[index].sync()
        }
        return 0
    }

    /// Syncs all but one sector.
    @discardableResult
    private mutating func lose(_ index: Int) -> (sector: Int, bytes: [UInt8])? {
        guard let sector = contents[index].unsyncedSector(&random) else {
            contents[index].sync()
            return nil
        }
        let before = contents[index].sector(sector)
        contents[index].sync()
        let bytes = contents[index].sector(sector)
        contents[index].replace(sector: sector, by: before)
        return (sector, bytes)
    }

    private mutating func misdirect(_ bytes: [UInt8], from index: Int, _ sector: Int) {
        let others = files.values.sorted().flatMap { file in (0..<contents[file].sectorCount).map { (file, $0) } }
            .filter { $0 != (index, sector) }
        guard !others.isEmpty else { return }
        let (file, place) = others[Int(random.next() % UInt64(others.count))]
        contents[file].replace(sector: place, by: bytes)
    }

    // MARK: Folders

    private static func folder(of path: String) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private mutating func set(_ path: String, _ entry: Entry?) {
        entries[path] = entry
        unsynced.append((path, entry))
    }

    mutating func names(in folder: String) -> Result<[String], SystemError> {
        guard hasPower, !isDue(.readError) else { return .failure(SystemError(EIO)) }
        guard entries[folder] == .folder else { return .failure(SystemError(ENOENT)) }
        return .success(
            entries.keys.filter { $0 != "/" && Self.folder(of: $0) == folder }
                .map { String($0[$0.index(after: $0.lastIndex(of: "/")!)...]) })
    }

    mutating func makeFolder(_ path: String) -> Int {
        guard entries[path] == nil else { return -Int(EEXIST) }
        guard entries[Self.folder(of: path)] == .folder else { return -Int(ENOENT) }
        guard isPowered() else { return -Int(EIO) }
        set(path, .folder)
        return 0
    }

    mutating func syncFolder(_ path: String) -> Int {
        guard isPowered() else { return -Int(EIO) }
        guard entries[path] == .folder else { return -Int(ENOENT) }
        guard !isDue(.syncError) else { return -Int(EIO) }
        for (name, entry) in unsynced where Self.folder(of: name) == path { durableEntries[name] = entry }
        unsynced.removeAll { Self.folder(of: $0.path) == path }
        return 0
    }

    mutating func unlink(_ path: String) -> Int {
        guard case .file(let index)? = entries[path] else { return -Int(ENOENT) }
        guard isPowered() else { return -Int(EIO) }
        byteCount -= contents[index].seen.count
        set(path, nil)
        return 0
    }

    /// Of the two names either may reach the disk without the other: less than any file system promises.
    mutating func rename(_ path: String, to target: String) -> Int {
        guard case .file(let index)? = entries[path] else { return -Int(ENOENT) }
        guard isPowered() else { return -Int(EIO) }
        if case .file(let old)? = entries[target] { byteCount -= contents[old].seen.count }
        set(target, .file(index))
        set(path, nil)
        return 0
    }

    // MARK: The whole disk

    mutating func crash() {
        for index in contents.indices { contents[index].crash(&random).forEach { count($0) } }
        crashEntries()
        kill()
        restorePower()
        armed[.powerLoss] = nil
        recount()
    }

    /// Of each name's changes, any first part reached the disk; what a lost folder held is lost with it.
    private mutating func crashEntries() {
        var waiting: [String: [Entry?]] = [:]
        for (path, entry) in unsynced { waiting[path, default: []].append(entry) }
        for path in waiting.keys.sorted() {
            let changes = waiting[path]!
            let reached = Int(random.next() % UInt64(changes.count + 1))
            if reached > 0 { durableEntries[path] = changes[reached - 1] }
            if durableEntries[path] != entries[path] { count(entries[path] == nil ? .unlinkUndone : .entryLost) }
        }
        unsynced = []
        for path in durableEntries.keys.sorted() where durableEntries[Self.folder(of: path)] != .folder {
            durableEntries[path] = nil
        }
        entries = durableEntries
    }

    mutating func kill() { life += 1 }

    mutating func restorePower() { hasPower = true }

    mutating func writeBack() {
        for index in contents.indices { contents[index].sync() }
        for (path, entry) in unsynced { durableEntries[path] = entry }
        unsynced = []
    }

    mutating func evict() {
        for index in contents.indices { contents[index].evict() }
        recount()
    }

    mutating func rot(_ path: String, bit: Int?) -> Int? {
        guard case .file(let index)? = entries[path] else { return nil }
        let bits = contents[index].durable.count * 8
        guard bits > 0 else { return nil }
        let place = bit ?? Int(random.next() % UInt64(bits))
        contents[index].flip(bit: place)
        count(.bitRot)
        return place
    }

    mutating func makeStale(_ path: String) -> Int? {
        guard case .file(let index)? = entries[path] else { return nil }
        let sectors = contents[index].changedSectors
        guard !sectors.isEmpty else { return nil }
        let sector = sectors[Int(random.next() % UInt64(sectors.count))]
        contents[index].makeStale(sector: sector)
        count(.staleSector)
        return sector
    }

    private mutating func recount() { byteCount = files.values.reduce(0) { $0 + contents[$1].seen.count } }
}
