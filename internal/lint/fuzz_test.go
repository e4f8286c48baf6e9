package lint

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// sane wants places inside the text, bounded problems, and a judgement of
// whatever was read.
func sane(t *testing.T, data []byte, text Text) {
	t.Helper()
	most := strings.Count(string(data), "\n") + 1
	for _, a := range text.Assignments {
		if a.Line < 1 || a.Line > most || a.File != "x" || a.By == "" {
			t.Fatalf("%+v is not in the %d lines of %q", a, most, data)
		}
	}
	for _, p := range text.Problems {
		if p.Line < 1 || p.Line > most+1 {
			t.Fatalf("%+v is not in the %d lines of %q", p, most, data)
		}
		if utf8.Valid(data) && !utf8.ValidString(p.What.EN) {
			t.Fatalf("%q is cut in a letter", p.What.EN)
		}
	}
	rep := Judge(Input{Kernel: "6.18", Texts: []Text{text}})
	if exit := rep.Exit(); exit < 0 || exit > 3 {
		t.Fatalf("exit %d", exit)
	}
	for _, f := range rep.Findings {
		if f.Verdict == 0 || f.Reason.EN == "" || f.Reason.ZH == "" {
			t.Fatalf("%+v", f)
		}
	}
}

func FuzzParseConf(f *testing.F) {
	for _, seed := range []string{"net.ipv4.tcp_tw_reuse = 1 # x\n", "-net/ipv4/tcp_*\n; c\nnonsense\r\n", "=\n-=\n", "net.ipv4.ip_local_reserved_ports=1-65535\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { sane(t, data, ParseConf("x", data)) })
}

func FuzzParseShell(f *testing.F) {
	for _, seed := range []string{
		"sudo sh -c \"echo 1 > /proc/sys/net/ipv4/tcp_tw_recycle\"\n", "cat <<'E' >> /etc/sysctl.conf\nnet.ipv4.tcp_rfc1337=1\nE\n",
		"docker run --net=host --sysctl net.core.somaxconn=$x \\\n web", "printf '%s\\n' 1 | tee /proc/sys/net/ipv4/tcp_rfc1337", "<<<'", ">&2 >| <<-X",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte("RUN "+seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, docker bool) {
		if docker {
			sane(t, data, ParseDockerfile("x", data))
			return
		}
		sane(t, data, ParseShell("x", data))
	})
}

func FuzzParseYAML(f *testing.F) {
	for _, seed := range []string{
		"services:\n  w:\n    sysctls:\n      - net.ipv4.tcp_rfc1337=1\n", "kind: Pod\nspec: {securityContext: {sysctls: [{name: a.b, value: \"1\"}]}}\n---\nx: |\n  sysctl -w a.b=1\n",
		"a: &a {sysctls: *a}\nb:\n  <<: *a\n", "sysctl: {name: x.y, value: 1}\n", "sysctls: !!x [", "sysctls: >-\n  x\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 {
			t.Skip("slow to explore; the bound is tested elsewhere")
		}
		sane(t, data, ParseYAML("x", data))
	})
}
