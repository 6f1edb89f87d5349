import HTTPTypes
import Hummingbird
import Synchronization

/// The newest answer of one route that is given to many, with all its fields: for a second they are the same for everybody,
/// but for two.
///
/// Putting ten fields together for each request would cost more than the rest of a small route.
final class KeptAnswers: Sendable {
    private struct Answer {
        let representation: Representation
        let second: UInt64
        /// Those of one caller and one request stand first.
        let fields: HTTPFields
    }

    private let newest = Mutex<Answer?>(nil)

    func response(
        _ representation: Representation, to method: HTTPRequest.Method, requestID: String, _ rate: RateDecision,
        policy: HTTPField, _ stamp: AnswerStamp
    ) -> Response {
        let date = stamp.date.current
        var fields = newest.withLock { newest in
            if let newest, newest.representation === representation, newest.second == date.second {
                return newest.fields
            }
            let length = HTTPField(name: .contentLength, value: String(representation.body.count))
            let fields = HTTPFields(
                [.once(.rateLimit, ""), .once(.requestID, ""), length] + representation.fields
                    + [policy, date.field, AnswerStamp.server])
            newest = Answer(representation: representation, second: date.second, fields: fields)
            return fields
        }
        fields[0] = .once(.rateLimit, rate.field)
        fields[1] = .once(.requestID, requestID)
        return Response(
            status: .ok, headers: fields,
            body: method == .head ? ResponseBody() : ResponseBody(byteBuffer: representation.buffer))
    }
}
