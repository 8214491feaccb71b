// swift-tools-version: 6.2
import PackageDescription

// `make fuzz` builds this: the flags, which the library's code needs too, are in scripts/fuzz.sh.
let package = Package(
    name: "nestbox-fuzzing",
    dependencies: [
        .package(name: "nestbox", path: "..")
    ],
    targets: [
        .target(name: "CLibFuzzer"),
        .executableTarget(
            name: "Fuzz", dependencies: ["CLibFuzzer", .product(name: "FuzzTargets", package: "nestbox")]),
    ]
)
