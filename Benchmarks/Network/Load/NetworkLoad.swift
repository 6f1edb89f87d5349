import Codec
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime
import Logging
import PeerNetwork

/// Signed transfers for a network of real processes, handed in over a peer's link, and what becomes of them.
///
/// `deploy/bench-network` starts the network and runs this program:
///
/// - `fund GENESIS ACCOUNTS` prints the genesis with that many more accounts that have balances.
/// - `sign GENESIS ACCOUNTS COUNT FILE` writes signed transfers, each behind its length (u32, big-endian).
/// - `run GENESIS ACCOUNTS RATE SECONDS WINDOW PIDS PEER...`: hands in at most RATE transfers a second, each to one of
///   the validators in turn, while less than WINDOW of them wait, and prints what the blocks say as a line of JSON.
@main struct NetworkLoad {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count >= 3, let genesis = try? genesis(words[1]), let accounts = Int(words[2]) else {
            print("usage: see Benchmarks/Network/Load/NetworkLoad.swift")
            exit(2)
        }
        let wallet = try Wallet(count: accounts)
        switch words[0] {
        case "fund": FileHandle.standardOutput.write(Data(wallet.fund(genesis).encoded()))
        case "sign": try sign(wallet, genesis, count: Int(words[3]) ?? 0, file: words[4])
        case "run":
            let load = Load(
                wallet: wallet, ledger: genesis.ledger, rate: Double(words[3]) ?? 0, seconds: Double(words[4]) ?? 0,
                window: Int(words[5]) ?? 0, processes: words[6].split(separator: ",").compactMap { Int($0) },
                peers: words[7...].compactMap { PeerAddress($0) })
            print(String(decoding: JSON.object(try await load.run()).serialized(), as: UTF8.self))
        default: exit(2)
        }
    }

    private static func genesis(_ path: String) throws -> Genesis {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        while bytes.last == 0x0a { bytes.removeLast() }
        return try Genesis(decoding: bytes)
    }

    private static func sign(_ wallet: Wallet, _ genesis: Genesis, count: Int, file: String) throws {
        var writer = ByteWriter()
        for transfer in wallet.transfers(count, from: 0, on: genesis.ledger, now: Clock.wallNanoseconds) {
            writer.part(transfer)
        }
        try Data(writer.bytes).write(to: URL(fileURLWithPath: file))
    }
}
