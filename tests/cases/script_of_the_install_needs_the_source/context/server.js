require("prisma")
