import Testing
import TestSupport

@testable import PeerNetwork

/// Who is kept out, who is dialled, and what is remembered: values that are handed the time.
struct PeersTests {
    static func id(_ number: UInt8) -> PeerID { PeerID(publicKey: [UInt8](repeating: number, count: 32)) }

    static func address(_ number: UInt8, port: Int = 1_000) -> PeerAddress {
        PeerAddress(id: id(number), host: "10.0.0.\(number)", port: port)!
    }

    static func at(_ second: UInt64) -> Moment { Moment(steady: second * 1_000_000_000, wall: Int64(second) * 1_000) }

    @Test func `a ban ends, and a shorter one does not shorten it`() {
        var bans = BanList(countMax: 8)
        bans.ban(Self.id(1), seconds: 60, reason: "long", at: Self.at(100))
        bans.ban(Self.id(1), seconds: 5, reason: "short", at: Self.at(110))
        #expect(bans.ban(of: Self.id(1), at: Self.at(159))?.reason == "long")
        #expect(bans.ban(of: Self.id(1), at: Self.at(160)) == nil)
        #expect(bans.ban(of: Self.id(2), at: Self.at(100)) == nil)
        #expect(bans.all(at: Self.at(159)).map(\.until) == [160_000])
        #expect(bans.all(at: Self.at(160)).isEmpty)
    }

    @Test func `a full ban list lets go of the ban that ends first`() {
        var bans = BanList(countMax: 3)
        for number in UInt8(1)...5 {
            bans.ban(Self.id(number), seconds: number == 1 ? 1_000 : Int(number), reason: "", at: Self.at(0))
        }
        #expect(Set(bans.all(at: Self.at(1)).map(\.id)) == Set([1, 4, 5].map { Self.id($0) }))
    }

    @Test(arguments: [-5, 0, Int.max, Int.min]) func `a ban of any length is no accident`(_ seconds: Int) {
        var bans = BanList(countMax: 3)
        bans.ban(Self.id(1), seconds: seconds, reason: "", at: Self.at(1))
        #expect((bans.ban(of: Self.id(1), at: Self.at(1)) != nil) == (seconds > 0))
    }

    @Test func `the delay before a new attempt doubles within its bounds and is drawn`() {
        var random = SeededGenerator(seed: 5)
        let limits = PeerNetworkLimits()
        var backoff = Backoff()
        for attempt in 0..<40 {
            let whole = min(UInt64(100_000_000) << UInt64(min(attempt, 20)), 10_000_000_000)
            #expect((whole / 2...whole).contains(backoff.failed(limits: limits, using: &random)))
        }
        backoff.succeeded()
        #expect(backoff.failed(limits: limits, using: &random) <= 100_000_000)
    }

    @Test func `a refusal that repeats is one entry, and news at powers of two only`() {
        var log = RefusalLog()
        func refusal(_ time: Int64, _ port: Int, _ reason: String) -> PeerRefusal {
            PeerRefusal(
                time: time, count: 1, id: nil, address: PeerAddress(host: "a", port: port)!, isOutbound: false,
                reason: reason)
        }
        let news = (1...9).map { log.enter(refusal(Int64($0), $0, "x")) }
        #expect(news == [true, true, false, true, false, false, false, true, false])
        #expect(log.refusals.map(\.count) == [9] && log.refusals[0].time == 9)
        for number in 0..<500 { _ = log.enter(refusal(0, 1, "\(number)")) }
        #expect(log.refusals.count == RefusalLog.countMax)
    }

    @Test func `one peer fills no more than its share of the address book`() {
        var limits = PeerNetworkLimits()
        limits.bookAddressesPerSourceMax = 4
        limits.bookAddressesMax = 6
        var book = AddressBook(own: Self.id(0), limits: limits)
        for number in UInt8(1)...50 { book.learn(Self.address(number), from: Self.id(200), at: Int64(number)) }
        #expect(Set(book.entries.keys) == Set([1, 2, 3, 4].map { Self.id($0) }))
        for number in UInt8(51)...53 { book.learn(Self.address(number), from: Self.id(number), at: 100) }
        // The book is full: what was heard of longest ago has gone.
        #expect(book.entries.count == 6 && book.entries[Self.id(1)] == nil)
    }

    @Test func `only a node itself changes what it says of itself`() {
        var book = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        book.learn(Self.address(1), from: Self.id(2), at: 1)
        book.learn(Self.address(1, port: 2), from: Self.id(3), at: 2)
        #expect(book.entries[Self.id(1)]?.address.port == 2)
        book.learn(Self.address(1, port: 3), from: Self.id(1), at: 3)
        book.learn(Self.address(1, port: 4), from: Self.id(3), at: 4)
        #expect(book.entries[Self.id(1)]?.address.port == 3)
        book.learn(Self.address(1, port: 5), from: Self.id(1), at: 5)
        #expect(book.entries[Self.id(1)]?.address.port == 5)
    }

    @Test func `the book holds neither this node nor addresses of nobody`() {
        var book = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        book.learn(Self.address(0), from: Self.id(1), at: 1)
        book.learn(PeerAddress("10.0.0.1:5")!, from: Self.id(1), at: 1)
        book.learn(PeerAddress("\(Self.id(3))@10.0.0.1:0")!, from: Self.id(1), at: 1)
        #expect(book.entries.isEmpty)
    }

    @Test func `an address that fails ten times in a row goes`() {
        var book = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        var random = SeededGenerator(seed: 1)
        book.learn(Self.address(1), from: Self.id(2), at: 1)
        for _ in 1...9 { book.missed(Self.id(1)) }
        #expect(book.sample(9, for: Self.id(2), using: &random).isEmpty)
        book.reached(Self.id(1), at: 2)
        #expect(book.sample(9, for: Self.id(2), using: &random).count == 1)
        #expect(book.sample(9, for: Self.id(1), using: &random).isEmpty)
        for _ in 1...10 { book.missed(Self.id(1)) }
        #expect(book.entries.isEmpty)
    }

    @Test func `a book comes back from its file, and bad files from nowhere`() {
        var book = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        for number in UInt8(1)...20 { book.learn(Self.address(number), from: Self.id(number), at: Int64(number)) }
        var back = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        let bytes = book.encoded()
        #expect(back.load(bytes) && back.entries == book.entries && !back.isChanged && !book.isChanged)
        for bad in ["", "[]", "{}", "{\"addresses\":1}", "\u{0}"] { #expect(back.load(Array(bad.utf8)) == false) }
        var fresh = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        #expect(
            fresh.load(Array(#"{"addresses":[1,{"address":"x"},{"address":"a:1","source":"","heard":0}]}"#.utf8))
                == true)
        #expect(fresh.entries.isEmpty)
    }

    @Test func `persistent peers are dialled always, others while there is room`() {
        var random = SeededGenerator(seed: 3)
        var limits = PeerNetworkLimits()
        limits.outboundWanted = 4
        let persistent = (UInt8(1)...2).map { Self.address($0) } + [Self.address(0)]
        var plan = DialPlan(peers: persistent, own: Self.id(0), limits: limits)
        var book = AddressBook(own: Self.id(0), limits: limits)
        for number in UInt8(1)...20 { book.learn(Self.address(number), from: Self.id(number), at: 1) }
        func due(_ now: UInt64, outbound: Int = 0, free: (PeerID) -> Bool = { _ in true }) -> Set<PeerID> {
            Set(
                plan.due(at: now, outbound: outbound, book: book, isFree: free, using: &random).compactMap(\.id))
        }
        let first = due(0)
        #expect(first.count == 4 && first.isSuperset(of: [Self.id(1), Self.id(2)]) && !first.contains(Self.id(0)))
        #expect(due(0).isEmpty)
        for id in first { plan.ended(id, wasDialled: true, after: 0, at: 0, using: &random) }
        // All four wait; the book offers others meanwhile.
        #expect(due(0, outbound: 1).isDisjoint(with: first))
        let later = due(1_000_000_000, outbound: 4)
        #expect(later == [Self.id(1), Self.id(2)])
        plan.connected(Self.id(1))
        #expect(due(2_000_000_000, outbound: 9) { $0 != Self.id(1) }.isEmpty)
    }

    @Test func `a connection that lasted begins with the shortest delay again`() {
        var random = SeededGenerator(seed: 4)
        var plan = DialPlan(peers: [Self.address(1)], own: Self.id(0), limits: PeerNetworkLimits())
        let book = AddressBook(own: Self.id(0), limits: PeerNetworkLimits())
        func isDue(_ now: UInt64) -> Bool {
            !plan.due(at: now, outbound: 9, book: book, isFree: { _ in true }, using: &random).isEmpty
        }
        for _ in 0..<20 { plan.ended(Self.id(1), wasDialled: true, after: 1, at: 0, using: &random) }
        #expect(!isDue(4_900_000_000))
        plan.ended(Self.id(1), wasDialled: true, after: DialPlan.steadyNanoseconds, at: 0, using: &random)
        #expect(isDue(100_000_000))
    }

    @Test func `limits that do not fit together are all named`() {
        var limits = PeerNetworkLimits()
        #expect(limits.problems.isEmpty)
        limits.queues[.sync].bytesMax = 1
        limits.rates[.votes].messagesPerSecond = 0
        limits.bansMax = 0
        limits.keepalive.deadNanoseconds = 1
        limits.backoffNanosecondsMax = 0
        limits.backlogBytesTotalMax = 0
        #expect(limits.problems.count == 6)
    }
}
