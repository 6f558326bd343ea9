package main

/*
#cgo LDFLAGS: -lsqlite3
#include <sqlite3.h>
#include <stdlib.h>
static int one(void *p, int n, char **v, char **c) { *(int *)p = v[0] ? atoi(v[0]) : 0; return 0; }
static int run(sqlite3 *db, const char *sql, int *out) { return sqlite3_exec(db, sql, one, out, 0); }
*/
import "C"
import (
	"fmt"
	"unsafe"
)

type DB struct{ p *C.sqlite3 }

func Open(path string) (*DB, error) {
	c := C.CString(path)
	defer C.free(unsafe.Pointer(c))
	db := &DB{}
	if rc := C.sqlite3_open(c, &db.p); rc != 0 {
		return nil, fmt.Errorf("open %s: %d", path, rc)
	}
	return db, nil
}

func (d *DB) Exec(sql string) (int, error) {
	c := C.CString(sql)
	defer C.free(unsafe.Pointer(c))
	var out C.int
	if rc := C.run(d.p, c, &out); rc != 0 {
		return 0, fmt.Errorf("%s: %d", sql, rc)
	}
	return int(out), nil
}
