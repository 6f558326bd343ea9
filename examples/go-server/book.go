package main

import "sync"

type entry struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// book is a list of entries, newest first.
type book struct {
	mu      sync.RWMutex
	entries []entry
}

func newBook() *book {
	return &book{entries: []entry{{Name: "The host", Text: "Welcome!"}}}
}

func (b *book) add(name, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append([]entry{{Name: name, Text: text}}, b.entries...)
}

func (b *book) list() []entry {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return append([]entry(nil), b.entries...)
}
