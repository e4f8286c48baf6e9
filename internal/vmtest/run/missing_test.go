package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/vmtest"
)

func TestEveryLackOfAGuestIsExplained(t *testing.T) {
	for _, v := range variants() {
		if len(v.Lacks) == 0 {
			t.Errorf("guest %s lacks nothing", v.Name)
		}
		for _, l := range v.Lacks {
			if missing()[l] == "" {
				t.Errorf("guest %s lacks %s, which nobody explains", v.Name, l)
			}
		}
	}
}

func TestThePageQuotesWhatWasSaidInGuests(t *testing.T) {
	dir := t.TempDir()
	guest := filepath.Join(dir, "no-tcp-diag")
	if err := os.MkdirAll(guest, 0o755); err != nil {
		t.Fatal(err)
	}
	const said = `{"lack":"tcp_diag","command":"linger check","status":3,"says":"no tcp_diag module"}
{"lack":"tcp_diag","command":"linger states","status":3,"says":"no tcp_diag module"}
panic: this is not said by linger
{"lack":"tcp_diag","command":"linger lint","status":0,"says":"a | b"}
`
	for name, body := range map[string]string{"version": "6.12.118+deb13-cloud-amd64 #1 SMP Debian 6.12.118-1 (2026-11-01)", lacking + ".err": said} {
		if err := os.WriteFile(filepath.Join(guest, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var page strings.Builder
	if err := writeMissing(&page, dir); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| neither tcp_diag nor inet_diag can be loaded | 6.12.118 | `linger check` (3), `linger states` (3) | no tcp_diag module |",
		`| a \| b |`,
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in\n%s", want, page.String())
		}
	}
	if strings.Contains(page.String(), "panic") {
		t.Errorf("a program's dying words are quoted:\n%s", page.String())
	}
}

func TestAGuestBootsWithoutItsModulesAndWithItsOptions(t *testing.T) {
	v := vmtest.Variant{Without: []string{"tcp_diag"}, Cmdline: "ipv6.disable=1", Cgroups: vmtest.CgroupsV1}
	k := vmtest.Kernel{Modules: []string{"inet_diag", "tcp_diag", "veth"}}
	m, got := v.Of(vmtest.Machine{Cmdline: "panic_on_warn=1"}, k)
	if strings.Join(got.Modules, " ") != "inet_diag veth" || m.Cmdline != "panic_on_warn=1 ipv6.disable=1" || m.Cgroups != vmtest.CgroupsV1 {
		t.Errorf("got %+v with %+v", m, got)
	}
	if len(k.Modules) != 3 || k.Modules[1] != "tcp_diag" {
		t.Errorf("the kernel of the other guests lost modules: %v", k.Modules)
	}
}
