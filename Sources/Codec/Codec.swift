// Codec knows bytes and their encodings: CBOR, protobuf wire, JSON and JCS, base encodings.
// It must never see any module of ours.
