import Foundation
import Glibc

/// A folder on a filesystem of its own that holds a few megabytes: a tmpfs in a mount namespace that only we and what we
/// start see.
final class SmallDisk {
    private let holder = Process()
    private let folder: URL

    /// Whether we may mount here.
    static let isPossible: Bool = {
        let probe = try? Tool.run(
            "/usr/bin/unshare", ["-m", "/bin/sh", "-c", "mount -t tmpfs -o size=1m none /mnt"])
        return probe?.status == 0
    }()

    /// Mounts over a folder; what it holds is copied.
    init(over folder: URL, kilobytes: Int) throws {
        self.folder = folder
        let script = """
            set -e; cp -a "$1" "$1.outside"; mount -t tmpfs -o size=\(kilobytes)k,mode=700 none "$1"
            cp -a "$1.outside/." "$1/"; echo ready; exec sleep 3600
            """
        let said = folder.deletingLastPathComponent().appending(path: "small-disk.out")
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        holder.arguments = ["-m", "/bin/sh", "-c", script, "sh", folder.path]
        holder.standardInput = FileHandle.nullDevice
        holder.standardOutput = try Tool.handle(said)
        try holder.run()
        for _ in 0..<1_000 {
            if try String(contentsOf: said, encoding: .utf8).contains("ready") { return }
            guard holder.isRunning else { break }
            usleep(10_000)
        }
        throw PeerFailure(peer: "mount", complaint: "no small filesystem on \(folder.path)")
    }

    deinit {
        holder.terminate()
        holder.waitUntilExit()
    }

    /// What a program is started with to see the small filesystem.
    var launcher: [String] { ["/usr/bin/nsenter", "-t", "\(holder.processIdentifier)", "-m"] }

    /// Makes room.
    func grow(kilobytes: Int) throws {
        let result = try Tool.run(
            launcher[0], launcher.dropFirst() + ["mount", "-o", "remount,size=\(kilobytes)k", folder.path])
        guard result.status == 0 else { throw PeerFailure(peer: "mount", complaint: result.errors) }
    }
}
