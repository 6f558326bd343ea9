package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	place, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	now := time.Now().In(place).Format(time.RFC3339)
	if err := os.WriteFile("/data/last", []byte(now), 0o644); err != nil {
		panic(err)
	}
	fmt.Println(now)
}
