import Testing

@testable import GatewayAPI

/// C2SP tile paths: `<L>/<N>[.p/<W>]`, N in groups of three digits.
struct TilePathTests {
    @Test(arguments: [
        ("0/000", 0, 0, 256), ("0/067", 0, 67, 256), ("1/x001/234", 1, 1_234, 256),
        ("0/x001/x234/067", 0, 1_234_067, 256),
        ("0/000.p/5", 0, 0, 5), ("entries/x001/067.p/255", -1, 1_067, 255), ("7/001", 7, 1, 256),
        ("0/x018/x446/x744/x073/x709/x551/615", 0, UInt64.max, 256),
    ]) func `a path is read`(_ text: String, _ level: Int, _ index: UInt64, _ width: Int) throws {
        let parsed = try #require(LogRoutes.parse(text.split(separator: "/").map(String.init)))
        #expect(parsed.level == level)
        #expect(parsed.index == index)
        #expect(parsed.width == width)
    }

    @Test(arguments: [
        "0", "0/0", "0/00", "0/0000", "0/x00/000", "0/x000/000", "0/001/002", "8/000", "-1/000", "00/000", "a/000",
        "0/000.p/0", "0/000.p/256", "0/000.p/-1", "0/000.p", "0/abc", "data/000", "0/x001", "0/+01", "0/000.q/5",
        "0/000.p/+5", "0/000.p/05", "0/x+01/000", "0/x999/x999/x999/x999/x999/x999/x999/999",
        "0/x018/x446/x744/x073/x709/x551/616", "0/x018/x446/x744/x073/x709/x551/999", "0/\u{0661}\u{0662}\u{0663}",
    ]) func `anything else is refused`(_ text: String) {
        let isRead = LogRoutes.parse(text.split(separator: "/").map(String.init)) != nil
        #expect(!isRead)
    }
}
