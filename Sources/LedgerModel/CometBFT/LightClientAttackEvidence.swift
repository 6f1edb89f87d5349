package import Codec
package import Cryptography

/// A block that validators signed beside the ledger's own (`LightClientAttackEvidence`: conflicting_block 1
/// {signed_header 1, validator_set 2}, common_height 2, byzantine_validators 3, total_voting_power 4, timestamp 5).
package struct LightClientAttackEvidence: Hashable, Sendable, CanonicalMessage {
    package var conflicting: SignedHeader
    package var conflictingValidators: ValidatorSet
    /// The last height at which victim and ledger had the same block: below the conflicting one, or equal to it.
    package var commonHeight: Int64
    /// Who is accused, by falling power, then rising address, as members of the set that ``accused`` names.
    package var byzantine: [Validator]
    /// The power of the set of the common height.
    package var totalPower: Int64
    /// The time of the block at the common height.
    package var timestamp: Timestamp

    package init(
        conflicting: SignedHeader, validators: ValidatorSet, commonHeight: Int64, byzantine: [Validator],
        totalPower: Int64, timestamp: Timestamp
    ) {
        self.conflicting = conflicting
        conflictingValidators = validators
        self.commonHeight = commonHeight
        self.byzantine = byzantine
        self.totalPower = totalPower
        self.timestamp = timestamp
    }

    package init() {
        self.init(
            conflicting: SignedHeader(), validators: ValidatorSet(), commonHeight: 0, byzantine: [], totalPower: 0,
            timestamp: Timestamp())
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    /// The same for every selection of the conflicting block's signatures, as CometBFT has it: of the block's hash only 31
    /// bytes count, and a zero stands for the last.
    package var hash: Digest {
        var bytes = Array(conflicting.header.hash.bytes.prefix(31)) + [0]
        var rest = UInt64(bitPattern: commonHeight << 1 ^ commonHeight >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return SHA256.hash(bytes + [UInt8(rest)])
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: try takeBlock(field.bytes())
        case 2: commonHeight = try field.int64()
        case 3: byzantine.append(try Validator(reading: field.bytes()))
        case 4: totalPower = try field.int64()
        case 5: timestamp = try Timestamp(reading: field.bytes())
        default: throw .unknownField(field.number)
        }
    }

    private mutating func takeBlock(_ bytes: [UInt8]) throws(ProtobufFailure) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: conflicting = try SignedHeader(reading: field.bytes())
            case 2: conflictingValidators = try ValidatorSet(reading: field.bytes())
            default: throw .unknownField(field.number)
            }
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        var block = ProtobufWriter()
        block.message(1, conflicting.protobuf)
        block.message(2, conflictingValidators.protobuf)
        writer.message(1, block.bytes)
        writer.int64(2, commonHeight)
        for validator in byzantine { writer.message(3, validator.protobuf) }
        writer.int64(4, totalPower)
        writer.message(5, timestamp.protobuf)
    }
}

extension LightClientAttackEvidence {
    /// Whether the conflicting header could not have followed from the ledger's state: then all who signed it lied.
    package func isLunatic(beside trusted: BlockHeader) -> Bool {
        let header = conflicting.header
        return header.validatorsHash != trusted.validatorsHash
            || header.nextValidatorsHash != trusted.nextValidatorsHash
            || header.consensusHash != trusted.consensusHash || header.appHash != trusted.appHash
            || header.lastResultsHash != trusted.lastResultsHash
    }

    /// Whom the two commits convict (`GetByzantineValidators`): of a header that could not follow, all of the common set
    /// that signed it; of one that could, in the same round, those who signed both; of different rounds, nobody, since who
    /// broke a lock cannot be told.
    ///
    /// Departure: a signature of the ledger's own commit counts only if it holds, since nobody checks those beyond the
    /// quorum, and a forged one would convict an honest validator.
    package func accused(beside trusted: SignedHeader, common: ValidatorSet) -> [Validator] {
        let entries = conflicting.commit.signatures
        var found: [Validator] = []
        if isLunatic(beside: trusted.header) {
            for entry in entries where entry.flag == .commit {
                if let index = common.index(of: entry.validator) { found.append(common.members[index]) }
            }
        } else if trusted.commit.round == conflicting.commit.round {
            let own = trusted.commit.signatures
            for (index, entry) in entries.enumerated() where entry.flag == .commit && index < own.count {
                guard own[index].flag == .commit, own[index].validator == entry.validator,
                    let place = conflictingValidators.index(of: entry.validator),
                    (try? CommitVerification.check(
                        own[index], at: index, of: conflictingValidators.members[place], in: trusted)) != nil
                else { continue }
                found.append(conflictingValidators.members[place])
            }
        }
        return found.sorted {
            $0.votingPower != $1.votingPower
                ? $0.votingPower > $1.votingPower : $0.address.lexicographicallyPrecedes($1.address)
        }
    }
}
