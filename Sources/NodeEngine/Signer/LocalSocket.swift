import Glibc

/// One end of a Unix domain socket, never blocking; closed with its last reference.
final class LocalSocket: Sendable {
    /// What one read takes at most, in bytes.
    private static let readBytes = 4_096
    /// Connections that wait to be taken.
    private static let backlog: Int32 = 4

    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    private static let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

    static func connect(to address: SignerAddress) throws(SignerFailure) -> LocalSocket {
        let socket = try make()
        guard named(address, { Glibc.connect(socket.descriptor, $0, $1) }) == 0 else {
            throw SignerFailure(.unreachable, "nobody answers at \(address): \(String(cString: strerror(errno)))")
        }
        return socket
    }

    /// Takes the place at an address; a socket that a killed process left there goes.
    static func listen(at address: SignerAddress) throws(SignerFailure) -> LocalSocket {
        let mode = try ensureFolder(of: address)
        var status = stat()
        if lstat(address.path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw SignerFailure(.place, "\(address.path) is there and is no socket; name another path")
            }
            guard (try? connect(to: address)) == nil else {
                throw SignerFailure(.place, "another process listens at \(address); stop it first")
            }
            unlink(address.path)
        }
        let socket = try make()
        guard named(address, { bind(socket.descriptor, $0, $1) }) == 0, chmod(address.path, mode) == 0,
            Glibc.listen(socket.descriptor, backlog) == 0
        else { throw SignerFailure(.place, "\(address) cannot be listened at: \(String(cString: strerror(errno)))") }
        return socket
    }

    /// Gives up the place at an address.
    static func leave(_ address: SignerAddress) { unlink(address.path) }

    /// A pair, to wake a thread that waits for its sockets.
    static func pair() throws(SignerFailure) -> (LocalSocket, LocalSocket) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw failure }
        return (LocalSocket(ends[0]), LocalSocket(ends[1]))
    }

    func accept() -> LocalSocket? {
        let taken = Glibc.accept(descriptor, nil, nil)
        guard taken >= 0 else { return nil }
        let socket = LocalSocket(taken)
        guard fcntl(taken, F_SETFL, O_NONBLOCK) == 0, fcntl(taken, F_SETFD, FD_CLOEXEC) == 0 else { return nil }
        return socket
    }

    /// What has come; empty where nothing has yet.
    /// - Throws: `unreachable` where the other end is gone.
    func read() throws(SignerFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.readBytes)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        guard count > 0 else { throw SignerFailure(.unreachable, "the connection has ended") }
        return Array(bytes[..<count])
    }

    /// Writes all, within a time.
    func write(_ bytes: [UInt8], milliseconds: Int) throws(SignerFailure) {
        let deadline = Self.now + milliseconds
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                send(descriptor, buffer.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                done += count
            } else if errno == EAGAIN {
                let left = deadline - Self.now
                guard left > 0 else { throw SignerFailure(.silent, "nothing is read at the other end") }
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, Int32(left))
            } else if errno != EINTR {
                throw SignerFailure(.unreachable, "the connection has ended")
            }
        }
    }

    /// Waits until one of them has something to read, or has ended.
    /// - Parameters:
    ///   - sockets: whom to watch.
    ///   - milliseconds: how long at most; nil for ever.
    /// - Returns: for each whether it has.
    static func wait(for sockets: [LocalSocket], milliseconds: Int?) -> [Bool] {
        var wanted = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let count = poll(&wanted, nfds_t(wanted.count), Int32(clamping: milliseconds ?? -1))
        return wanted.map { count > 0 && $0.revents != 0 }
    }

    /// Milliseconds of a clock that only rises.
    static var now: Int { Int(SystemClock.steady() / 1_000_000) }

    private static func make() throws(SignerFailure) -> LocalSocket {
        let descriptor = Glibc.socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw failure }
        return LocalSocket(descriptor)
    }

    private static var failure: SignerFailure {
        SignerFailure(.place, "no socket can be made: \(String(cString: strerror(errno)))")
    }

    private static func named(
        _ address: SignerAddress, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address.path.utf8) }
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Who may enter the folder may ask: its owner, and a group where its owner let that in (mode 0750).
    /// - Returns: the socket's mode.
    private static func ensureFolder(of address: SignerAddress) throws(SignerFailure) -> mode_t {
        let folder = address.folder
        mkdir(folder, 0o700)
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SignerFailure(.place, "\(folder) is no folder and cannot be made; make it, for the signer's user")
        }
        guard status.st_mode & 0o027 == 0 else {
            throw SignerFailure(
                .place,
                "others may enter \(folder), and could have anything signed; run chmod 700 \(folder), or name a folder "
                    + "of its own")
        }
        return status.st_mode & 0o050 == 0o050 ? 0o660 : 0o600
    }
}
