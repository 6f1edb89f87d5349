import Codec
import LedgerRuntime
import Testing

struct GenesisTests {
    @Test func `a genesis reads back as it was written`() throws {
        let genesis = try LedgerFixture().genesis
        let again = try Genesis(decoding: genesis.encoded())
        #expect(again == genesis)
        #expect(again.hash == genesis.hash)
    }

    @Test func `its one spelling is RFC 8785`() throws {
        let bytes = try LedgerFixture().genesis.encoded()
        #expect(try JCS.canonicalize(JSONDocument(parsing: bytes).root) == bytes)
    }

    @Test(arguments: ["chainId", "time", "rules", "validators", "accounts", "format"])
    func `a genesis without a member is refused`(_ name: String) throws {
        let bytes = try LedgerFixture().genesis.encoded()
        let root = try JSONDocument(parsing: bytes).root
        let members = root.members.filter { $0.name != name }.map { JSON.Member(name: $0.name, value: JSON($0.value)) }
        #expect(throws: GenesisFailure.self) { try Genesis(decoding: JSON.object(members).serialized()) }
    }

    @Test func `another spelling is refused`() throws {
        let bytes = try LedgerFixture().genesis.encoded()
        #expect(throws: GenesisFailure.self) { try Genesis(decoding: bytes + [0x0a]) }
        #expect(throws: GenesisFailure.self) { try Genesis(decoding: []) }
    }
}
