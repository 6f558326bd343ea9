File("/srv/kotlin/out").writeText("x")
