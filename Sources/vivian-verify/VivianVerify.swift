@main struct VivianVerify { static func main() {} }
