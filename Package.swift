// swift-tools-version: 6.2
import PackageDescription

/// CI builds with `WARNINGS_AS_ERRORS=1`; a user of the package is never stopped by a new compiler's warning.
let strict = Context.environment["WARNINGS_AS_ERRORS"] == "1"

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")

func example(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: ["Nestbox"] + dependencies, path: "Examples/\(name)", exclude: ["README.md"],
        resources: resources, swiftSettings: settings)
}

/// What `Fuzzing/` fuzzes is in this package, for its tests use it too, but no product of it for others.
let fuzzing: [Product] =
    Context.environment["NESTBOX_FUZZING"] == "1" ? [.library(name: "FuzzTargets", targets: ["FuzzTargets"])] : []

let package = Package(
    name: "nestbox",
    products: [
        .library(name: "Nestbox", targets: ["Nestbox"]),
        .library(name: "NestboxHTTP", targets: ["NestboxHTTP"]),
        .library(name: "NestboxGateway", targets: ["NestboxGateway"]),
        .library(name: "NestboxSessions", targets: ["NestboxSessions"]),
        .library(name: "NestboxTesting", targets: ["NestboxTesting"]),
    ] + fuzzing,
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // For the example Guestbook alone.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        // The default JSON trait links all of Foundation, which a CGI program cannot afford.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CFCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"]), .brew(["fcgi"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "CNestboxSystem"),
        .target(name: "NestboxHTTP", dependencies: ["CNestboxSystem", httpTypes, logging], swiftSettings: settings),
        .target(
            name: "NestboxGateway",
            dependencies: ["NestboxHTTP", "CFCGI", "CNestboxSystem", deque, httpTypes, logging],
            swiftSettings: settings),
        .target(
            name: "NestboxSessions",
            dependencies: ["NestboxHTTP", "CNestboxSystem", "CZlib", crypto, httpTypes, logging],
            swiftSettings: settings),
        .target(
            name: "Nestbox",
            dependencies: ["NestboxHTTP", "NestboxGateway", "NestboxSessions", httpTypes, logging, configuration],
            swiftSettings: settings),
        .target(
            name: "NestboxTesting",
            dependencies: ["Nestbox", "NestboxHTTP", "NestboxGateway", "NestboxSessions", httpTypes, logging],
            swiftSettings: settings),
        example("Hello"),
        example("Conformance", ["NestboxTesting", crypto]),
        example("Counter"),
        example("Login", [crypto, cryptoExtras]),
        example("Clock"),
        example("Upload"),
        example(
            "Guestbook", [grdb, mustache, configuration],
            resources: [.embedInCode("Pages/guestbook.mustache"), .embedInCode("Pages/style.css")]),
        .testTarget(
            name: "NestboxHTTPTests",
            dependencies: ["NestboxHTTP", "NestboxTesting", "CNestboxSystem", httpTypes, logging, inMemoryLogging],
            swiftSettings: settings),
        .testTarget(
            name: "NestboxGatewayTests",
            dependencies: ["NestboxGateway", "NestboxTesting", "CNestboxSystem", httpTypes, logging],
            swiftSettings: settings),
        .testTarget(
            name: "NestboxSessionsTests",
            dependencies: [
                "Nestbox", "NestboxSessions", "NestboxTesting", crypto, httpTypes, logging, inMemoryLogging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "NestboxTests",
            dependencies: ["Nestbox", "NestboxTesting", httpTypes, logging, inMemoryLogging, configuration],
            swiftSettings: settings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "NestboxHTTP", "NestboxGateway", "NestboxSessions", "NestboxTesting", crypto, httpTypes, logging,
            ],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "NestboxTesting"], swiftSettings: settings),
        .executableTarget(
            name: "Talkative", dependencies: ["Nestbox"], path: "Tests/Programs/Talkative", swiftSettings: settings),
        .executableTarget(
            name: "SessionWriter", dependencies: ["NestboxSessions", logging], path: "Tests/Programs/SessionWriter",
            swiftSettings: settings),
        .executableTarget(
            name: "Notebook", dependencies: ["Nestbox"], path: "Tests/Programs/Notebook", swiftSettings: settings),
        .executableTarget(
            name: "Cloakroom", dependencies: ["Nestbox"], path: "Tests/Programs/Cloakroom", swiftSettings: settings),
        .executableTarget(
            name: "Ledger", dependencies: ["Nestbox"], path: "Tests/Programs/Ledger", swiftSettings: settings),
        .executableTarget(
            name: "Mirror", dependencies: ["Nestbox"], path: "Tests/Programs/Mirror", swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Nestbox", "NestboxSessions", "NestboxTesting", "Hello", "Counter", "Login", "Clock", "Upload",
                "Guestbook", "Conformance", "Talkative", "SessionWriter", "Notebook", "Cloakroom", "Ledger", "Mirror",

                httpTypes, logging,
            ],
            exclude: ["Support/python_tokens.py"], swiftSettings: settings),
    ]
)
