package vmtest

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
)

// member is what an archive holds.
type member struct {
	name         string
	mode         int64
	body         string
	major, minor int64
}

// members reads an archive as the kernel does (init/initramfs.c).
func members(archive []byte) (all []member, err error) {
	pad := func(n int64) int64 { return (n + 3) &^ 3 }
	for at := int64(0); ; {
		if int64(len(archive)) < at+110 || string(archive[at:at+6]) != "070701" {
			return all, fmt.Errorf("no header at %d", at)
		}
		var fields [13]int64
		for i := range fields {
			from := at + 6 + int64(i)*8
			if fields[i], err = strconv.ParseInt(string(archive[from:from+8]), 16, 64); err != nil {
				return all, err
			}
		}
		name := string(archive[at+110 : at+110+fields[11]-1])
		body := pad(at + 110 + fields[11])
		if name == "TRAILER!!!" {
			return all, nil
		}
		all = append(all, member{name, fields[1], string(archive[body : body+fields[6]]), fields[9], fields[10]})
		at = pad(body + fields[6])
	}
}

func TestArchivesAreReadBackWhateverTheLengths(t *testing.T) {
	for length := range 9 {
		var out bytes.Buffer
		w := &cpioWriter{out: &out}
		name, body := "dir/"+strings.Repeat("n", length+1), strings.Repeat("b", length)
		w.folder("dir")
		w.file(name, 0o755, int64(length), strings.NewReader(body))
		w.device("dev/console", 5, 1)
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		all, err := members(out.Bytes())
		want := []member{{"dir", 0o040755, "", 0, 0}, {name, 0o100755, body, 0, 0}, {"dev/console", 0o020600, "", 5, 1}}
		if err != nil || fmt.Sprint(all) != fmt.Sprint(want) {
			t.Errorf("length %d: got %v, %v", length, all, err)
		}
	}
}

func TestArchivesRefuseBodiesThatAreTooShort(t *testing.T) {
	w := &cpioWriter{out: io.Discard}
	w.file("file", 0o644, 5, strings.NewReader("four"))
	if err := w.close(); err == nil {
		t.Error("no error")
	}
}
