import PeerNetwork
import Testing
struct WireTests {}
