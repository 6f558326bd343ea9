FileManager.default.createFile(atPath: "/srv/swift/out", contents: nil)
