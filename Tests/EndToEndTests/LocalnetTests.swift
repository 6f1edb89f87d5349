import Foundation
import Testing

extension EndToEnd {
    /// A ledger of four validators and a follower, each its own process.
    @Suite("Localnet", .enabled(if: Tool.isReady))
    struct LocalnetTests {
        @Test("Four validators and a follower agree on documents, and a killed one comes back")
        func agree() throws {
            let script = Tool.package.appending(path: "deploy/localnet").path
            let result = try Tool.run(
                "/usr/bin/env", ["VIVIAN_BIN=\(Tool.vivian)", script, "--followers", "1", "--demo"])
            #expect(result.status == 0, "\(result.text)\n\(result.errors)")
            #expect(result.text.contains("== Done"))
        }
    }
}
