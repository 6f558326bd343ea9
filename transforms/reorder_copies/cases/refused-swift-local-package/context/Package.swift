let package = Package(dependencies: [.package(path: "Core")])
