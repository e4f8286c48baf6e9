package vmtest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestAGuestFindsItsPlanWithItsOwnPaths(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{
		"guest": "init", "linger": "tool", "lab.test": "binary", "modules/veth.ko": "module", "testdata/deep/file": "data",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	k := Kernel{Dir: dir, Modules: []string{"veth"}}
	p := Program{Name: "lab", File: filepath.Join(dir, "lab.test"), Args: []string{"-test.v"}, Data: filepath.Join(dir, "testdata"), Tools: []string{filepath.Join(dir, "linger")}}
	shell, err := Borrow(t.Context(), "sh", "no such program")
	if err != nil {
		t.Fatal(err)
	}
	m := Machine{Guest: filepath.Join(dir, "guest"), Cgroups: CgroupsV1, Borrowed: shell}
	if err := m.pack(&out, k, []Program{p}); err != nil {
		t.Fatal(err)
	}
	all, err := members(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{}
	for _, m := range all {
		bodies["/"+m.name] = m.body
	}
	var plan Plan
	if err := json.Unmarshal([]byte(bodies[PlanPath]), &plan); err != nil {
		t.Fatal(err)
	}
	got := plan.Programs[0]
	if bodies[got.File] != "binary" || bodies[got.Data+"/deep/file"] != "data" || bodies[plan.Modules[0]] != "module" || bodies["/init"] != "init" ||
		bodies[got.Folder()+"/linger"] != "tool" || bodies["/bin/sh"] == "" || plan.Cgroups != CgroupsV1 {
		t.Errorf("plan %+v of %v", plan, bodies)
	}
}

func TestAMissingFileIsNoticedBeforeTheBoot(t *testing.T) {
	m := Machine{Guest: "/nonexistent"}
	if err := m.pack(&bytes.Buffer{}, Kernel{}, nil); err == nil {
		t.Error("no error")
	}
}
