/// Why an operation on a collection is refused.
package enum VectorFailure: Error, Hashable, Sendable {
    /// A parameter is out of its range.
    case parameter(Parameter)
    /// The vector has `found` components.
    case dimension(found: Int)
    /// A component is -128.
    case component(index: Int)
    /// The vector's squared length is out of the collection's range.
    case norm(squared: Int)
    /// The collection holds as many vectors as it may.
    case full
    /// The subject has a vector already.
    case subjectExists(id: UInt64)
    /// There is no vector of that subject or id.
    case unknown
    /// The writer may not do that in this collection.
    case notPermitted
    /// A number of the query is out of its range.
    case query(QueryPart)
    /// State entries do not make an index with the root that they state.
    case state(StatePart)

    package enum Parameter: Hashable, Sendable {
        case version, metric, dimension, scale, policy, countMax, norm, length
    }
    package enum QueryPart: Hashable, Sendable { case limit, supers, lists, finalists, owner }
    package enum StatePart: Hashable, Sendable { case parameters, head, record, list, chunk, superEntry, root }
}
