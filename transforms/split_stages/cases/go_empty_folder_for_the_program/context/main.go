package main

import (
	"html/template"
	"os"
	"os/exec"
)

func main() {
	t := template.Must(template.ParseGlob("views/*.html"))
	t.Execute(os.Stdout, nil)
	exec.Command("date").Run()
	os.WriteFile("data/out.txt", nil, 0o644)
}
