const f = try std.fs.createFileAbsolute("/srv/zig/out", .{});
