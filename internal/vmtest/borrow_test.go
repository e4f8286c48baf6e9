package vmtest

import (
	"reflect"
	"testing"
)

func TestLibrariesAreFoundInWhatLddWrites(t *testing.T) {
	var got []string
	for _, found := range library.FindAllStringSubmatch(`	linux-vdso.so.1 (0x00007f60c2155000)
	libmnl.so.0 => /lib/x86_64-linux-gnu/libmnl.so.0 (0x00007f60c208f000)
	libgone.so.1 => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f60c2157000)
`, -1) {
		got = append(got, found[1])
	}
	if want := []string{"/lib/x86_64-linux-gnu/libmnl.so.0", "/lib64/ld-linux-x86-64.so.2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for file, want := range map[string]string{"/usr/bin/ss": "bin/ss", "/lib64/ld.so": "lib64/ld.so", "/usr/lib/x/y.so": "lib/x/y.so"} {
		if got := inGuest(file); got != want {
			t.Errorf("%s is at %s, want %s", file, got, want)
		}
	}
}
