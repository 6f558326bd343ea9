package leaf

// Cups is how many cups a pot gives.
func Cups() int { return 4 }
