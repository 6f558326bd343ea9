package main

import "os"

func main() {
	for i := 0; i < 2; i++ {
		file, err := os.OpenFile("visits.log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			panic(err)
		}
		file.WriteString("visit\n")
	}
	log, _ := os.ReadFile("visits.log")
	os.Stdout.WriteString(string('0'+rune(len(log)/6)) + " visits\n")
}
