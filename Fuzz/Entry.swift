import FuzzTargets
import Glibc

/// The target that `VIVIAN_FUZZ_TARGET` names.
private let target: FuzzTarget = {
    guard let name = getenv("VIVIAN_FUZZ_TARGET").map({ String(cString: $0) }), let target = FuzzTarget.named(name)
    else {
        fatalError("VIVIAN_FUZZ_TARGET must be one of \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    }
    return target
}()

/// `VIVIAN_FUZZ_LIST=1` prints the registry, one `name longest-input` a line, and ends.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutableRawPointer) -> Int32 {
    if getenv("VIVIAN_FUZZ_LIST") != nil {
        for target in FuzzTarget.all { print(target.name, target.byteCountMax) }
        exit(0)
    }
    return 0
}

/// One input; a broken promise ends the process as a crash does.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    if let broken = target.run(Array(UnsafeBufferPointer(start: start, count: count))) {
        fatalError("\(target.name): \(broken)")
    }
    return 0
}
