package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// judged judges lines of a sysctl.conf for a release, and returns the findings
// by key.
func judged(t *testing.T, kernel, conf string) map[string]Finding {
	t.Helper()
	return byKey(Judge(Input{Kernel: evidence.Kernel(kernel), Texts: []Text{ParseConf("x.conf", []byte(conf))}}))
}

func byKey(r Report) map[string]Finding {
	found := make(map[string]Finding)
	for _, f := range r.Findings {
		found[f.Key] = f
	}
	return found
}

// expected is a line below net.ipv4 and what is to be said of it.
type expected struct {
	kernel, line string
	want         Verdict
	because      string // in the reason, a note or the advice
}

func aboutTimeWaitAndPorts() []expected {
	return []expected{
		{"6.18", "tcp_tw_reuse = 1", Helps, "a second"},
		{"6.18", "tcp_tw_reuse = 0", Harmless, "ever taken over"},
		{"6.18", "tcp_tw_reuse = 2", Harmless, "127.0.0.0/8"},
		{"6.18", "tcp_tw_reuse = 3", Useless, "EINVAL"},
		{"4.9", "tcp_tw_reuse = 2", Helps, "before Linux 4.19"},
		{"4.9", "tcp_tw_reuse = 3", Helps, "before Linux 4.19"},
		{"6.18", "tcp_tw_reuse_delay = 100", Helps, "10 times"},
		{"6.18", "tcp_tw_reuse_delay = 5000", Useless, "longer"},
		{"6.18", "tcp_tw_reuse_delay = 0", Useless, "1 to 60000"},
		{"6.12", "tcp_tw_reuse_delay = 100", NoSuchKey, "6.14"},
		{"6.18", "tcp_tw_recycle = 1", Gone, "4.12"},
		{"6.18", "tcp_tw_recycle = 0", Gone, "4.12"},
		{"4.12", "tcp_tw_recycle = 1", Gone, "4.12"},
		{"4.11", "tcp_tw_recycle = 1", Harmful, "NAT"},
		{"3.10.0-1160.el7", "tcp_tw_recycle = 0", Harmless, "default"},
		{"6.18", "tcp_max_tw_buckets = 5000", Harmful, "81 closes"},
		{"6.18", "tcp_max_tw_buckets = 0", Harmful, "nothing enters"},
		{"6.18", "tcp_max_tw_buckets = -1", Harmless, "no limit"},
		{"6.18", "tcp_max_tw_buckets = 1440000", Harmless, "TCPTimeWaitOverflow"},
		{"6.18", "tcp_fin_timeout = 30", Useless, "TIME_WAIT is no shorter"},
		{"6.18", "tcp_fin_timeout = 0", Useless, "3.5"},
		{"6.18", "tcp_fin_timeout = 60", Harmless, "default"},
		{"6.18", "tcp_fin_timeout = 61", Harmful, "2 s in all"},
		{"6.18", "tcp_fin_timeout = 89", Harmful, "58 s in all"},
		{"6.18", "tcp_fin_timeout = 90", Harmless, "60 s"},
		{"6.18", "tcp_timestamps = 0", Harmful, "tcp_tw_recycle"},
		{"6.18", "tcp_timestamps = 1", Harmless, "default"},
		{"6.18", "tcp_timestamps = 256", Useless, "0 to 255"},
		{"5.4", "tcp_timestamps = 256", Harmless, "like 1"},
		{"6.18", "tcp_rfc1337 = 1", Harmless, "RFC"},
		{"6.18", "ip_local_port_range = 1024 65535", Helps, "64,512"},
		{"6.18", "ip_local_port_range = 1024 65535 # all", Helps, "comment"},
		{"6.18", "ip_local_port_range = 10000 65000", Helps, "odd"},
		{"6.18", "ip_local_port_range = 32768 60999", Harmless, "default"},
		{"6.18", "ip_local_port_range = 32768 61000", Harmless, "odd"},
		{"6.18", "ip_local_port_range = 60000 61001", Harmful, "1,002"},
		{"6.18", "ip_local_port_range = 61000 60000", Useless, "above"},
		{"6.18", "ip_local_port_range = 500 60001", Useless, "ip_unprivileged_port_start"},
		{"4.9", "ip_local_port_range = 500 60001", Helps, "59,502"},
		{"6.18", "ip_local_port_range = 1024-65535", Useless, "EINVAL"},
		{"6.18", "ip_local_port_range = 2000", Helps, "lower end"},
		{"6.18", "ip_local_reserved_ports = 8080,9000-9010", Useless, "none of these"},
		{"6.18", "ip_local_reserved_ports = 40000-40009,", Helps, "10 of"},
		{"6.18", "ip_local_reserved_ports = 40000, 40001", Useless, "EINVAL"},
		{"6.18", "ip_local_reserved_ports = 30000-61000", Harmful, "whole"},
		{"6.18", "ip_local_reserved_ports = 32768-60000", Harmful, "999"},
	}
}

func aboutTheRest() []expected {
	return []expected{
		{"6.18", "ip_autobind_reuse = 1", Harmful, "expert"},
		{"5.4", "ip_autobind_reuse = 1", NoSuchKey, "5.7"},
		{"6.18", "ip_unprivileged_port_start = 80", Harmless, "nothing to do"},
		{"6.18", "ip_unprivileged_port_start = 40000", Useless, "EINVAL"},
		{"6.18", "tcp_syncookies = 1", Harmless, "default"},
		{"6.18", "tcp_syncookies = 0", Harmful, "flood"},
		{"6.18", "tcp_max_syn_backlog = 65536", Harmless, "nothing to do"},
		{"6.18", "tcp_abort_on_overflow = 1", Harmful, "ECONNRESET"},
		{"6.18", "tcp_max_orphans = 1024", Harmful, "ip-sysctl"},
		{"6.18", "tcp_max_orphans = 262144", Harmless, "nothing to do"},
		{"6.18", "tcp_orphan_retries = 1", Harmless, "nothing to do"},
		{"6.18", "tcp_keepalive_time = 600", Harmless, "nothing to do"},
		{"6.18", "tcp_keepalive_probes = 300", Useless, "0 to 255"},
		{"6.18", "tcp_migrate_req = 1", Harmless, "nothing to do"},
		{"5.4", "tcp_migrate_req = 1", NoSuchKey, "5.10"},
		{"6.18", "tcp_mem = 1 2 3", Harmless, "nothing to do"},
		{"6.18", "tcp_ehash_entries = 1024", Useless, "read-only"},
		{"6.18", "tcp_child_ehash_entries = 1024", Harmful, "512"},
		{"6.18", "tcp_invalid_ratelimit = 0", Harmful, "for ever"},
		{"6.18", "tcp_reuse = 1", NoSuchKey, "wrong"},
		{"6.18", "tcp_tw_reused = 1", NoSuchKey, "no such key"},
		{"6.18", "tcp_tw_timeout = 10", NoSuchKey, "Alibaba"},
		{"6.18", "tcp_synack_retries = 2", Harmless, "nothing to do"},
		{"6.18", "tcp_tw_reuse = yes", Useless, "an integer"},
		{"6.18", "tcp_tw_reuse = 1#on", Useless, "an integer"},
		{"6.18", "netfilter.ip_conntrack_tcp_timeout_time_wait = 30", Gone, "4.9"},
	}
}

func TestEachSettingGetsItsVerdictForTheRelease(t *testing.T) {
	for _, c := range append(aboutTimeWaitAndPorts(), aboutTheRest()...) {

		key, _, _ := strings.Cut(c.line, " ")
		f, ok := judged(t, c.kernel, "net.ipv4."+c.line)["net.ipv4."+key]
		all := f.Reason.EN
		for _, n := range append(f.Notes, f.Instead) {
			all += "; " + n.EN
		}
		if !ok || f.Verdict != c.want || !strings.Contains(all, c.because) {
			t.Errorf("on %s %q is %v (%s), want %v because of %q", c.kernel, c.line, f.Verdict, all, c.want, c.because)
		}
	}
}

func TestKeysOutsideIPv4AreJudgedToo(t *testing.T) {
	got := judged(t, "6.18", `net.core.somaxconn = 16
net.core.netdev_max_backlog = 250000
fs.file-max = 1000000
net.netfilter.nf_conntrack_tcp_timeout_time_wait = 30
net/netfilter/nf_conntrack_tcp_timeout_close_wait = 60
net.ipv6.tcp_tw_reuse = 1
net.core.rmem_max = 1
vm.swappiness = 1
`)
	for key, want := range map[string]Verdict{
		"net.core.somaxconn": Harmful, "net.core.netdev_max_backlog": Harmless, "fs.file-max": Harmless,
		conntrackDir + "time_wait": Harmless, conntrackDir + "close_wait": Harmless, "net.ipv6.tcp_tw_reuse": NoSuchKey,
	} {
		if got[key].Verdict != want {
			t.Errorf("%s is %v, want %v", key, got[key].Verdict, want)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d findings, want 6: rmem_max and swappiness are no subject of ours", len(got))
	}
}

func TestSettingsAreJudgedBesideOneAnother(t *testing.T) {
	for name, c := range map[string]struct {
		conf, key string
		want      Verdict
		because   string
	}{
		"reuse without timestamps":        {"net.ipv4.tcp_tw_reuse=1\nnet.ipv4.tcp_timestamps=0", keyReuse, Useless, "tcp_timestamps is 0"},
		"default reuse without them":      {"net.ipv4.tcp_tw_reuse=2\nnet.ipv4.tcp_timestamps=0", keyReuse, Harmless, "does nothing here"},
		"reuse with a short delay":        {"net.ipv4.tcp_tw_reuse=1\nnet.ipv4.tcp_tw_reuse_delay=50", keyReuse, Helps, "50 ms"},
		"delay without reuse":             {"net.ipv4.tcp_tw_reuse=0\nnet.ipv4.tcp_tw_reuse_delay=50", keyDelay, Useless, "tcp_tw_reuse is 0"},
		"range below a raised start":      {"net.ipv4.ip_local_port_range=1024 65535\nnet.ipv4.ip_unprivileged_port_start=2000", keyRange, Useless, "2000"},
		"range down to a lowered start":   {"net.ipv4.ip_local_port_range=80 65535\nnet.ipv4.ip_unprivileged_port_start=80", keyRange, Helps, "65,456"},
		"reserved inside a wide range":    {"net.ipv4.ip_local_port_range=1024 65535\nnet.ipv4.ip_local_reserved_ports=8080", keyReserved, Helps, "1 of"},
		"reserved silences the warning":   {"net.ipv4.ip_local_port_range=8000 65535\nnet.ipv4.ip_local_reserved_ports=8080,9090,9200,11211,27017", keyRange, Helps, ""},
		"a comment that expects":          {"# for TIME-WAIT\nnet.ipv4.tcp_keepalive_time=600", "net.ipv4.tcp_keepalive_time", Useless, "comment"},
		"a comment that is right":         {"# more TIME_WAIT ports\nnet.ipv4.tcp_rfc1337=1", "net.ipv4.tcp_rfc1337", Harmless, ""},
		"a comment elsewhere":             {"# for TIME_WAIT\n\nnet.ipv4.tcp_keepalive_time=600", "net.ipv4.tcp_keepalive_time", Harmless, ""},
		"the later of two lines":          {"net.ipv4.tcp_timestamps=0\nnet.ipv4.tcp_timestamps=1", keyTimestamps, Harmless, ""},
		"a pattern":                       {"net.ipv4.tcp_tw_reus? = 1", keyReuse, Helps, ""},
		"a name beats a later pattern":    {"net.ipv4.tcp_timestamps=1\nnet.ipv4.tcp_time* = 0", keyTimestamps, Harmless, ""},
		"an exclusion undoes the earlier": {"net.ipv4.tcp_timestamps=0\n-net.ipv4.tcp_timestamps", keyTimestamps, 0, ""},
	} {
		f := judged(t, "6.18", c.conf)[c.key]
		all := f.Reason.EN
		for _, n := range f.Notes {
			all += "; " + n.EN
		}
		if f.Verdict != c.want || !strings.Contains(all, c.because) {
			t.Errorf("%s: %s is %v (%s), want %v", name, c.key, f.Verdict, all, c.want)
		}
		if name == "reserved silences the warning" && strings.Contains(all, "services") {
			t.Errorf("%s: %s", name, all)
		}
		if name == "the later of two lines" && (len(f.Overridden) != 1 || f.Overridden[0].Line != 1 || f.Line != 2) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestContainersHaveRulesOfTheirOwn(t *testing.T) {
	compose := ParseYAML("c.yaml", []byte(`services:
  web:
    sysctls: {net.ipv4.tcp_tw_reuse: 1, net.ipv4.tcp_max_orphans: 9999}
  host:
    network_mode: host
    sysctls: {net.ipv4.tcp_tw_reuse: 1}
`))
	rep := Judge(Input{Kernel: "6.18", Texts: []Text{compose}})
	want := map[string]Verdict{"service web net.ipv4.tcp_tw_reuse": Helps, "service web net.ipv4.tcp_max_orphans": Useless, "service host net.ipv4.tcp_tw_reuse": Useless}
	for _, f := range rep.Findings {
		if id := f.Scope + " " + f.Key; f.Verdict != want[id] {
			t.Errorf("%s is %v (%s), want %v", id, f.Verdict, f.Reason.EN, want[id])
		}
	}
	if len(rep.Findings) != len(want) {
		t.Errorf("%d findings, want %d", len(rep.Findings), len(want))
	}
	old := ParseShell("run.sh", []byte("docker run --sysctl net.ipv4.tcp_tw_reuse=1 web\n"))
	if got := byKey(Judge(Input{Kernel: "4.9", Texts: []Text{old}}))[keyReuse]; got.Verdict != Useless || !strings.Contains(got.Reason.EN, "whole host") {
		t.Errorf("before 4.11 tcp_tw_reuse was the host's: got %v", got.Reason.EN)
	}
	docker := byKey(Judge(Input{Kernel: "6.18", Texts: []Text{ParseDockerfile("Dockerfile", []byte("RUN sysctl -w net.ipv4.tcp_tw_reuse=1\n"))}}))[keyReuse]
	if docker.Verdict != Useless || !strings.Contains(docker.Reason.EN, "built") {
		t.Errorf("RUN sysctl is %v: %s", docker.Verdict, docker.Reason.EN)
	}
	pod := byKey(Judge(Input{Kernel: "6.18", Texts: []Text{ParseYAML("p.yaml", []byte(`kind: Pod
spec:
  securityContext:
    sysctls:
      - {name: net.ipv4.tcp_tw_reuse, value: "1"}
      - {name: net.ipv4.tcp_fin_timeout, value: "90"}
      - {name: net.ipv4.ip_local_port_range, value: "1024 65535"}
`))}}))
	for key, want := range map[string]string{keyReuse: "--allowed-unsafe-sysctls=net.ipv4.tcp_tw_reuse", keyFin: "since 1.29", keyRange: "every pod"} {
		if !slices.ContainsFunc(pod[key].Notes, func(m Message) bool { return strings.Contains(m.EN, want) }) {
			t.Errorf("%s in a pod: notes %v, want %q", key, pod[key].Notes, want)
		}
	}
}

func TestEveryClaimThatTheTableNamesExists(t *testing.T) {
	for _, name := range Claims() {
		if !slices.Contains(claims.Names(), name) {
			t.Errorf("there is no claim %q", name)
		}
	}
}

func TestEveryEntryIsCompleteAndSaysItInBothLanguages(t *testing.T) {
	seen := make(map[string]bool)
	for _, e := range catalogue() {
		if seen[e.key] {
			t.Errorf("%s is there twice", e.key)
		}
		seen[e.key] = true
		if len(e.refs) == 0 || e.judge == nil {
			t.Errorf("%s has no reference or no judgement", e.key)
		}
		for _, kernel := range []evidence.Kernel{"3.10", "4.9", "4.18", "5.10", "6.12", "6.18", "7.3"} {
			for _, m := range []Message{e.believed, e.does(kernel)} {
				bothSay(t, e.key, m)
			}
			for _, value := range []string{"0", "1", "2", "-1", "61", "120", "300", "5000", "2147483647", "1024 65535", "40000", "40000,40001", "$x", "", "x"} {
				a := Assignment{Key: e.key, Value: value, By: ByConf, Open: value == "$x", Place: Place{"x", 1}}
				for _, f := range Judge(Input{Kernel: kernel, Texts: []Text{{File: "x", Assignments: []Assignment{a}}}}).Findings {
					if f.Verdict == 0 {
						t.Errorf("%s = %q on %s has no verdict", e.key, value, kernel)
					}
					for _, m := range append(f.Notes, f.Reason) {
						bothSay(t, e.key+" = "+value, m)
					}
				}
			}
		}
	}
}

func bothSay(t *testing.T, about string, m Message) {
	t.Helper()
	for _, lang := range say.Langs() {
		if text := m.In(lang); text == "" || strings.Contains(text, "%!") || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "。") {
			t.Errorf("%s in %v: %q", about, lang, text)
		}
	}
	if m.EN == m.ZH {
		t.Errorf("%s is the same in both languages: %q", about, m.EN)
	}
}
