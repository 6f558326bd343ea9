let package = Package(dependencies: [.package(url: "https://github.com/vapor/vapor.git", from: "4.0.0")])
