import Testing
import Verification

@Suite struct TrustPolicyTests {
    private static let hash = String(repeating: "ab", count: 32)

    @Test func `a policy file with every member is read`() throws {
        let policy = try TrustPolicy(
            parsing: Array(
                """
                {"trustedValidators": ["\(Self.hash)"], "chainId": "grove-1", "genesisHash": "\(Self.hash)",
                 "trustingPeriod": 1209600, "minReceipts": 3, "minOperators": 2}
                """.utf8))
        #expect(policy.trustedValidators == [Array(repeating: 0xab, count: 32)])
        #expect(policy.chainID == "grove-1")
        #expect(policy.genesisHash == Array(repeating: 0xab, count: 32))
        #expect(policy.trustingPeriodSeconds == 1_209_600)
        #expect(policy.minReceipts == 3)
        #expect(policy.minOperators == 2)
    }

    @Test func `an empty policy trusts nobody and demands nothing`() throws {
        let policy = try TrustPolicy(parsing: Array("{}".utf8))
        #expect(policy.trustedValidators.isEmpty)
        #expect(policy.chainID == nil && policy.genesisHash == nil && policy.trustingPeriodSeconds == nil)
        #expect(policy.minReceipts == 0 && policy.minOperators == 0)
    }

    @Test(arguments: [
        "", "[]", "null", "{", #"{"minReceipt": 3}"#, #"{"MinReceipts": 3}"#, #"{"trustedValidators": "ab"}"#,
        #"{"trustedValidators": []}"#, #"{"trustedValidators": ["ab"]}"#, #"{"trustedValidators": [7]}"#,
        #"{"trustedValidators": ["\#(hash.uppercased())"]}"#, #"{"trustedValidators": ["\#(hash)00"]}"#,
        #"{"chainId": 1}"#, #"{"chainId": ""}"#, #"{"genesisHash": null}"#, #"{"genesisHash": "\#(hash.dropLast())"}"#,
        #"{"trustingPeriod": -1}"#, #"{"trustingPeriod": 1.5}"#, #"{"trustingPeriod": 1e3}"#,
        #"{"trustingPeriod": true}"#, #"{"minReceipts": 99999999999999999999}"#, #"{"minReceipts": [3]}"#,
        #"{"minOperators": {}}"#, #"{"minReceipts": 3, "minReceipts": 3}"#, #"{"minReceipts": 3} {}"#,
    ])
    func `a policy that is not exactly one is refused`(_ text: String) {
        #expect(throws: PolicyFailure.self) { try TrustPolicy(parsing: Array(text.utf8)) }
    }
}
