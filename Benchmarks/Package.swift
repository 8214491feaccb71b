// swift-tools-version: 6.2
import PackageDescription

// The C programs (CLibfcgiLoop, CHello, LoadGenerator) are no targets on purpose: SwiftPM links every executable
// with the Swift runtime, which would slow the yardstick's start-up down. The driver compiles them with cc.
let package = Package(
    name: "nestbox-benchmarks",
    dependencies: [
        .package(name: "nestbox", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "BenchmarkServer",
            dependencies: [.product(name: "Nestbox", package: "nestbox")]),
        .executableTarget(name: "Benchmark"),
    ]
)
