import Codec
import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree
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

    @Test func `authority, balances and least fee read back, and stand in the state`() throws {
        let fixture = try NetworkFixture(fee: 5)
        let genesis = fixture.genesis
        let bytes = genesis.encoded()
        #expect(try Genesis(decoding: bytes) == genesis)
        #expect(try JCS.canonicalize(JSONDocument(parsing: bytes).root) == bytes)
        let state = BlockState(try genesis.state())
        #expect(state.value(.params, ParameterKeys.authority) == fixture.id(0).bytes)
        #expect(BankLedger.feeMinimum(in: state) == Amount(5))
        #expect(state.value(.bank, BankKeys.supply()) == Amount(4_000).bytes)
    }

    @Test func `a genesis without them has none of their members`() throws {
        let root = try JSONDocument(parsing: LedgerFixture().genesis.encoded()).root
        #expect(root.members.map(\.name).sorted() == ["accounts", "chainId", "format", "rules", "time", "validators"])
    }

    @Test func `authority, balances and fees that do not fit together are refused`() throws {
        let fixture = try NetworkFixture(fee: 5)
        let stranger = AccountID(SHA256.hash([7]))
        let changes: [(inout Genesis) -> Void] = [
            { $0.rulesVersion = 1 },
            { $0.authority = stranger },
            { $0.balances[0].id = stranger },
            { $0.balances[0].id = $0.balances[1].id },
            { $0.balances[0].amount = .zero },
            { $0.balances[0].amount = .max },
            { $0.balances = [] },
            { $0.feeMinimum = Amount(1_001) },
        ]
        for change in changes {
            var genesis = fixture.genesis
            change(&genesis)
            #expect(throws: GenesisFailure.self) { try Genesis(decoding: genesis.encoded()) }
        }
        _ = try Genesis(decoding: fixture.genesis.encoded())
    }

    @Test(arguments: [
        ("authority", JSON.string("00")), ("authority", .number("1")), ("balances", .array([])),
        ("balances", .array([.object([.init("amount", "1")])])), ("feeMinimum", "0"), ("feeMinimum", "05"),
        ("feeMinimum", .number("5")), ("feeMinimum", ""),
    ]) func `optional members in another form are refused`(_ name: String, _ value: JSON) throws {
        let root = try JSONDocument(parsing: NetworkFixture(fee: 5).genesis.encoded()).root
        let members = root.members.map { JSON.Member(name: $0.name, value: $0.name == name ? value : JSON($0.value)) }
        #expect(throws: GenesisFailure.self) { try Genesis(decoding: JSON.object(members).serialized()) }
    }
}
