import TestSupport
import Testing

@testable import VectorIndex

struct KernelTests {
    @Test func `portable kernels run everywhere`() {
        #expect(Kernels.available.last?.name == "portable")
    }
}
