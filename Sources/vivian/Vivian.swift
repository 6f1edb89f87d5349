@main struct Vivian { static func main() {} }
