import TestSupport
import Testing

@testable import VectorIndex

struct AdmissionTests {
    private func parameters(_ metric: Metric, dimension: Int = 4, scale: Int = 6, normMax: Int? = nil) throws
        -> CollectionParameters
    {
        try CollectionParameters(
            metric: metric, dimension: dimension, scale: scale, owner: Ledger.owner, normMax: normMax)
    }

    @Test func `a vector of another length, or with -128, is refused`() throws {
        for metric in Metric.allCases {
            let parameters = try parameters(metric)
            #expect(throws: VectorFailure.dimension(found: 3)) { try parameters.admit([1, 2, 3]) }
            #expect(throws: VectorFailure.dimension(found: 5)) { try parameters.admit([1, 2, 3, 4, 5]) }
            #expect(throws: VectorFailure.component(index: 2)) { try parameters.admit([32, 32, -128, 32]) }
        }
    }

    @Test func `a longer vector than the collection takes is refused`() throws {
        let parameters = try parameters(.dot, normMax: 100)
        #expect(try parameters.admit([10, 0, 0, 0]) == [10, 0, 0, 0])
        #expect(throws: VectorFailure.norm(squared: 101)) { try parameters.admit([10, 1, 0, 0]) }
    }

    @Test func `cosine brings vectors to one length, with halves rounded away from zero`() throws {
        let parameters = try parameters(.cosine)
        // 2^6 = 64 long already.
        #expect(try parameters.admit([32, 32, -32, 32]) == [32, 32, -32, 32])
        // Half as long, twice as long.
        #expect(try parameters.admit([16, 16, -16, 16]) == [32, 32, -32, 32])
        #expect(try parameters.admit([64, -64, 64, 64]) == [32, -32, 32, 32])
        #expect(try parameters.admit([40, 0, 0, 0]) == [64, 0, 0, 0])
    }

    @Test func `cosine refuses what is too short, too long, or loses its direction`() throws {
        let parameters = try parameters(.cosine)
        #expect(throws: VectorFailure.norm(squared: 0)) { try parameters.admit([0, 0, 0, 0]) }
        #expect(throws: VectorFailure.norm(squared: 961)) { try parameters.admit([31, 0, 0, 0]) }
        #expect(throws: VectorFailure.norm(squared: 16_900)) { try parameters.admit([65, 65, 65, 65]) }
        // 128 long, of which one component can have 127 at most: cut, and still within a sixteenth; 512 is not.
        let long = try self.parameters(.cosine, dimension: 64, scale: 8)
        var vector = [Int8](repeating: 0, count: 64)
        vector[0] = 127
        vector[1] = 30
        #expect(throws: VectorFailure.norm(squared: 17_029)) { try long.admit(vector) }
    }

    @Test func `what cosine accepts is within a sixteenth of the length`() throws {
        var random = SeededGenerator(seed: 4)
        let parameters = try parameters(.cosine, dimension: 96, scale: 9)
        for _ in 0..<500 {
            let vector = random.vector(96, spread: Int8.random(in: 1...127, using: &random))
            guard let admitted = try? parameters.admit(vector) else { continue }
            let squared = CollectionParameters.squaredLength(admitted)
            #expect(squared * 256 >= 512 * 512 * 225 && squared * 256 <= 512 * 512 * 289)
        }
    }

    @Test func `a square root is the largest whose square is not above`() {
        for value in [0, 1, 2, 3, 4, 99, 100, 101, 1 << 30, (1 << 22) * (1 << 22) - 1, 1 << 44] {
            let root = CollectionParameters.squareRoot(value)
            #expect(root * root <= value && (root + 1) * (root + 1) > value)
        }
    }

    @Test func `parameters out of range are refused`() {
        func make(
            _ metric: Metric = .dot, _ dimension: Int = 8, _ scale: Int = 7, count: Int = 10, norm: Int? = nil
        ) throws {
            _ = try CollectionParameters(
                metric: metric, dimension: dimension, scale: scale, owner: Ledger.owner, countMax: count, normMax: norm)
        }
        #expect(throws: VectorFailure.parameter(.dimension)) { try make(.dot, 0) }
        #expect(throws: VectorFailure.parameter(.dimension)) { try make(.dot, 4_097) }
        #expect(throws: VectorFailure.parameter(.scale)) { try make(.dot, 8, 13) }
        #expect(throws: VectorFailure.parameter(.scale)) { try make(.dot, 8, -1) }
        #expect(throws: VectorFailure.parameter(.countMax)) { try make(count: 0) }
        #expect(throws: VectorFailure.parameter(.countMax)) { try make(count: IndexRules.countMax + 1) }
        #expect(throws: VectorFailure.parameter(.norm)) { try make(norm: 0) }
        #expect(throws: VectorFailure.parameter(.norm)) { try make(.cosine, norm: 5) }
        // No eight components are 512 long.
        #expect(throws: VectorFailure.parameter(.scale)) { try make(.cosine, 8, 9) }
    }

    @Test func `parameters are read as they are written, and nothing else is`() throws {
        let parameters = try CollectionParameters(
            metric: .cosine, dimension: 384, scale: 9, owner: Ledger.other, policy: .anyone, isPublic: false,
            countMax: 77, deposit: 12)
        let bytes = parameters.encoded()
        #expect(try CollectionParameters(decoding: bytes) == parameters)
        for count in 0..<bytes.count {
            #expect(throws: VectorFailure.self) { try CollectionParameters(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: VectorFailure.parameter(.length)) { try CollectionParameters(decoding: bytes + [0]) }
        for (index, value) in [(0, 2), (1, 3), (2, 2), (3, 2)] as [(Int, UInt8)] {
            var changed = bytes
            changed[index] = value
            #expect(throws: VectorFailure.self) { try CollectionParameters(decoding: changed) }
        }
    }
}
