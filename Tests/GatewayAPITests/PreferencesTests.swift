import Testing

@testable import GatewayAPI

struct PreferencesTests {
    @Test(
        arguments: [
            ("respond-async", true, nil), ("wait=10", false, 10), ("respond-async, wait=10", true, 10),
            ("wait=10, respond-async", true, 10), ("RESPOND-ASYNC", true, nil), ("Wait = 7", false, 7),
            ("wait=\"7\"", false, 7), ("wait=0", false, 0), ("wait=60", false, 60), ("wait=61", false, 60),
            ("wait=99999999999999999999999", false, 60), ("foo; bar, wait=3; x=\"a, wait=9\"", false, 3),
            // An empty value is the same as none (§2).
            ("respond-async=\"\"", true, nil), ("respond-async=", true, nil),
            // Of one given twice the first counts.
            ("wait=3, wait=9", false, 3), ("wait=x, wait=9", false, nil),
            ("return=minimal, priority=5, handling=lenient, wait=2", false, 2), (", ,wait=2,", false, 2),
            ("foo=\"\\\", wait=9\", wait=4", false, 4),
        ] as [(String, Bool, UInt64?)]) func `preferences are read`(_ field: String, _ isAsync: Bool, _ wait: UInt64?)
    {
        let preferences = Preferences(field)
        #expect(preferences.respondAsync == isAsync && preferences.waitSeconds == wait)
    }

    @Test(arguments: [
        "", "wait", "wait=", "wait=-1", "wait=+1", "wait=1.5", "wait=ten", "wait=1s", "wait=0x5", "wait=\"1\\0\"",
        "wait=1=2", "respond-async=no", "respond-asynchronously", "x=\"respond-async, wait=5\"", "wait 5", ";wait=5",
        "=5", "x=\"unclosed, wait=5",
    ]) func `what is malformed or means something else is left out`(_ field: String) {
        let preferences = Preferences(field)
        #expect(!preferences.respondAsync && preferences.waitSeconds == nil, "\(field)")
    }

    @Test func `without the field there are none`() { #expect(Preferences(nil) == Preferences("")) }
}
