package journal

import (
	"strconv"
	"strings"
	"testing"
)

const reserved = "net.ipv4.ip_local_reserved_ports"

func TestPathsFollowTheFirstSeparatorAndStayBelowNet(t *testing.T) {
	for key, want := range map[string]string{
		"net.ipv4.tcp_tw_reuse":            "net/ipv4/tcp_tw_reuse",
		"net/ipv4/tcp_tw_reuse":            "net/ipv4/tcp_tw_reuse",
		"net.ipv4.conf.eth0/100.rp_filter": "net/ipv4/conf/eth0.100/rp_filter",
		"net/ipv4/conf/eth0.100/rp_filter": "net/ipv4/conf/eth0.100/rp_filter",
		"kernel.sysrq":                     "",
		"net":                              "",
		"net.":                             "",
		"net..x":                           "",
		"net/../kernel/sysrq":              "",
		"/net/x":                           "",
		"net.x\n":                          "",
		"net.x y":                          "",
		"":                                 "",
		".net.x":                           "",
	} {
		got, ok := pathOf(key)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q is at %q, want %q", key, got, want)
		}
	}
}

func TestValuesAreComparedAsTheKernelReadsThem(t *testing.T) {
	for _, c := range []struct {
		key, a, b string
		want      bool
	}{
		{"net.ipv4.ip_local_port_range", "1 2", "1\t2", true},
		{"net.ipv4.ip_local_port_range", "1 2", "1 3", false},
		{"net.ipv4.ip_local_port_range", "1 2", "1", false},
		{"net.ipv4.tcp_tw_reuse", "0x1", "1", true},
		{"net.ipv4.tcp_tw_reuse", "1", "10", false},
		{"net.ipv4.tcp_congestion_control", "bbr", "cubic", false},
		{reserved, "1,2,3", "1-3", true},
		{reserved, "", "", true},
		{reserved, "", "0", false},
		{reserved, "1-3", "1-4", false},
	} {
		if same(c.key, c.a, c.b) != c.want || same(c.key, c.b, c.a) != c.want {
			t.Errorf("%s: %q and %q are the same: %v", c.key, c.a, c.b, !c.want)
		}
	}
}

func TestALongListOfPortsIsWrittenInPartsAndEachIsKnownAgain(t *testing.T) {
	var list []string
	for p := 20000; p < 23000; p += 2 {
		list = append(list, strconv.Itoa(p))
	}
	value := strings.Join(list, ",")
	parts := writes(reserved, value)
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	sum := ""
	for i, p := range parts {
		if len(p) > 4095 || strings.HasPrefix(p, ",") || strings.HasSuffix(p, ",\n") {
			t.Errorf("part %d: %q", i, p)
		}
		sum = strings.TrimPrefix(sum+","+strings.TrimSuffix(p, "\n"), ",")
		if got, last := halfway(reserved, value, sum), i == len(parts)-1; got == last {
			t.Errorf("after part %d halfway is %v", i, got)
		}
	}
	if sum != value || halfway(reserved, value, "20000") || halfway(reserved, value, "") {
		t.Error("the parts are not the value")
	}
	if got := writes(reserved, ""); len(got) != 1 || got[0] != "\n" {
		t.Errorf("the empty list is written as %q", got)
	}
}

func TestTheDropInKeepsOtherLinesAndForgetsMarksWithNothingBelow(t *testing.T) {
	first := compose(nil, 1, []Change{{Key: "net.ipv4.tcp_tw_reuse", To: "1"}, {Key: reserved}}, "2026-03-04")
	second := compose(append(first, "# mine\n-net/ipv4/tcp_fin_timeout=30\nkernel.sysrq=1"...), 2,
		[]Change{{Key: "net.ipv4.tcp_tw_reuse", To: "0"}, {Key: reserved, To: "1"}, {Key: "net.ipv4.tcp_fin_timeout", To: "20"}}, "2026-03-05")
	want := strings.Join([]string{
		"# Made by linger: settings that are read at every boot, see sysctl.d(5).",
		"# Other lines that you add here are left as they are.",
		"# mine",
		"kernel.sysrq=1",
		"# linger fix, change 2 of 2026-03-05; take it back: linger fix --undo 2",
		"net.ipv4.tcp_tw_reuse = 0",
		"net.ipv4.ip_local_reserved_ports = 1",
		"net.ipv4.tcp_fin_timeout = 20", "",
	}, "\n")
	// "# mine" stands where change 1 was, so its mark says nothing any more.
	if got := string(second); strings.Replace(got, "# linger fix, change 1 of 2026-03-04; take it back: linger fix --undo 1\n", "", 1) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestWhichFileIsReadAfterOurs(t *testing.T) {
	const ours = "/etc/sysctl.d/90-linger.conf"
	for file, want := range map[string]bool{
		"/etc/sysctl.d/99-sysctl.conf":      true,
		"/usr/lib/sysctl.d/95-x.conf":       true,
		"/usr/lib/sysctl.d/50-default.conf": false,
		"/run/sysctl.d/10-x.conf":           false,
		"/run/sysctl.d/90-linger.conf":      false,
		"/etc/sysctl.conf":                  true,
		"/etc/sysctl.d/sysctl.conf":         true,
	} {
		if after(file, ours) != want {
			t.Errorf("%s is read after ours: %v", file, !want)
		}
	}
	if !after("/etc/sysctl.d/90-linger.conf", "/usr/lib/sysctl.d/90-linger.conf") {
		t.Error("/etc masks /usr/lib")
	}
}
