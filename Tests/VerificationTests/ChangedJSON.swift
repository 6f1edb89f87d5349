import Codec

enum ChangedJSON {
    /// A file whose object, or the object that is a member of it, has other members.
    static func bytes(
        _ file: [UInt8], in name: String?, _ change: (inout [JSON.Member]) -> Void
    ) throws -> [UInt8] {
        guard case .object(var members) = JSON(try JSONDocument(parsing: file).root) else {
            throw TestFailure.noObject
        }
        if let name, let index = members.firstIndex(where: { $0.name == name }),
            case .object(var inner) = members[index].value
        {
            change(&inner)
            members[index].value = .object(inner)
        } else {
            change(&members)
        }
        return JSON.object(members).serialized()
    }

    private enum TestFailure: Error { case noObject }
}
