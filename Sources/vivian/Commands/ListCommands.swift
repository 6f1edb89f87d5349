import ArgumentParser
import GatewayClient

/// `vivian records`.
struct RecordsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records", abstract: "List the tenant's records, the newest first.",
        discussion:
            "A line a record: its id, how far it is, and when it was accepted. With --json, one object a record.")
    @OptionGroup var client: ClientOptions
    @Option(help: "Only the records of this capture job.") var job: String?
    @Option(help: "Only records that are so far: accepted, anchored or erased.", transform: Self.progress)
    var state: RecordProgress?
    @Option(help: "Only what was accepted after this time, such as 2026-05-01T08:00:00Z.") var acceptedAfter: String?
    @Flag(help: "The oldest first.") var oldestFirst = false
    @OptionGroup var extent: ListExtent

    func run() async throws {
        try await client.withClient { gateway in
            let selection = RecordSelection(
                job: job, state: state, acceptedAfter: acceptedAfter, isNewestFirst: !oldestFirst)
            try await extent.each(of: gateway.records(selection, pageSize: extent.pageSize)) { record in
                client.json
                    ? Output.json(record.json)
                    : Output.line("\(record.id)  \(record.state.rawValue)  \(record.acceptedAt)")
            }
        }
    }
}

extension RecordsCommand {
    fileprivate static func progress(_ text: String) throws -> RecordProgress {
        guard let progress = RecordProgress(rawValue: text) else {
            throw ValidationError("--state is accepted, anchored or erased")
        }
        return progress
    }
}

/// `vivian jobs`.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List the tenant's capture jobs, the newest first.",
        discussion: """
            A line a job: its id, when it was captured, and how many of its records are on the ledger. \
            `vivian records --job ID` lists those. With --json, one object a job.
            """)
    @OptionGroup var client: ClientOptions
    @OptionGroup var extent: ListExtent

    func run() async throws {
        try await client.withClient { gateway in
            try await extent.each(of: gateway.jobs(pageSize: extent.pageSize)) { job in
                client.json
                    ? Output.json(job.json)
                    : Output.line("\(job.id)  \(job.createdAt)  \(job.anchoredCount) of \(job.recordCount)")
            }
        }
    }
}

/// How much of a list is shown.
struct ListExtent: ParsableArguments {
    @Option(help: "Show at most so many; 0 shows all.") var limit = 100

    /// The gateway's bound of a page.
    private static let pageMax = 1_000

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit is 0 or more") }
    }

    var pageSize: Int { limit == 0 ? Self.pageMax : min(limit, Self.pageMax) }

    func each<Element>(of list: GatewayList<Element>, _ show: (Element) -> Void) async throws {
        var count = 0
        for try await element in list {
            show(element)
            count += 1
            if count == limit { return }
        }
    }
}
