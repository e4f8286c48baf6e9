package lint

import (
	"fmt"
	"testing"
)

// told is an assignment in one line.
func told(a Assignment) string {
	text := fmt.Sprintf("%d %s %s=%s", a.Line, a.By, a.Key, a.Value)
	for _, mark := range []struct {
		on   bool
		word string
	}{
		{a.Open, "open"},
		{a.Build, "build"},
		{a.HostNetwork, "host"},
		{a.Tolerant, "tolerant"},
		{a.Exclude, "exclude"},
		{a.Scope != "", "[" + a.Scope + "]"},
		{a.Comment != "", "#" + a.Comment},
	} {
		if mark.on {
			text += " " + mark.word
		}
	}
	return text
}

func compare(t *testing.T, got []Assignment, want ...string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = told(got[i])
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("assignment %d is\n  %s, want\n  %s", i, g, w)
		}
	}
}

func TestAShellScriptIsReadAsFarAsItsWordsTell(t *testing.T) {
	got := ParseShell("x.sh", []byte(`#!/bin/sh
# for TIME_WAIT
sysctl -w net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_fin_timeout=15 # trailing
sudo /sbin/sysctl -q -w "net.ipv4.ip_local_port_range=1024 65535"
sysctl net.ipv4.tcp_tw_reuse
LC_ALL=C sysctl net/ipv4/tcp_rfc1337=1 2>/dev/null || true
echo 1 > /proc/sys/net/ipv4/tcp_tw_recycle
echo "1024 65000" >/proc/sys/net/ipv4/ip_local_port_range; echo done
printf '%s\n' 5000 | sudo tee /proc/sys/net/ipv4/tcp_max_tw_buckets >/dev/null
sudo sh -c "echo 0 > /proc/sys/net/ipv4/tcp_timestamps"
sysctl -w net.core.somaxconn=$MAX
if [ -n "$x" ]; then sysctl -w net.ipv4.tcp_syncookies=1; fi
echo "it's # not a comment"
`))
	compare(t, got.Assignments,
		"3 sysctl net.ipv4.tcp_tw_reuse=1 #trailing",
		"3 sysctl net.ipv4.tcp_fin_timeout=15 #trailing",
		"4 sysctl net.ipv4.ip_local_port_range=1024 65535",
		"6 sysctl net.ipv4.tcp_rfc1337=1",
		"7 proc net.ipv4.tcp_tw_recycle=1",
		"8 proc net.ipv4.ip_local_port_range=1024 65000",
		"9 proc net.ipv4.tcp_max_tw_buckets=5000",
		"10 proc net.ipv4.tcp_timestamps=0",
		"11 sysctl net.core.somaxconn=$MAX open",
		"12 sysctl net.ipv4.tcp_syncookies=1",
	)
}

func TestAScriptThatWritesFilesOfSysctlIsReadThroughItsQuotesAndHereDocuments(t *testing.T) {
	got := ParseShell("x.sh", []byte(`cat >> /etc/sysctl.conf <<'EOF'
# less TIME_WAIT
net.ipv4.tcp_fin_timeout = 30
net.ipv4.tcp_tw_reuse = $x
EOF
cat <<EOF | sudo tee /etc/sysctl.d/99-x.conf
net.ipv4.tcp_tw_recycle=1
EOF
cat <<EOF > /etc/other.conf
net.ipv4.tcp_rfc1337=1
EOF
echo "net.ipv4.tcp_timestamps = 0" >> /etc/sysctl.conf
echo "
net.ipv4.tcp_max_tw_buckets = 5000
net.core.somaxconn=1\nnet.ipv4.tcp_syncookies=1
" | tee -a /etc/sysctl.conf
sysctl -w \
  net.ipv4.tcp_rfc1337=1 \
  net.ipv4.tcp_orphan_retries=1
`))
	compare(t, got.Assignments,
		"3 append net.ipv4.tcp_fin_timeout=30 #less TIME_WAIT",
		"4 append net.ipv4.tcp_tw_reuse=$x open",
		"7 append net.ipv4.tcp_tw_recycle=1",
		"12 append net.ipv4.tcp_timestamps=0",
		"14 append net.ipv4.tcp_max_tw_buckets=5000",
		"15 append net.core.somaxconn=1",
		"15 append net.ipv4.tcp_syncookies=1",
		"18 sysctl net.ipv4.tcp_rfc1337=1",
		"19 sysctl net.ipv4.tcp_orphan_retries=1",
	)
}

func TestContainersOfDockerRunAreScopesOfTheirOwn(t *testing.T) {
	got := ParseShell("run.sh", []byte(`docker run -d --sysctl net.ipv4.tcp_tw_reuse=1 \
  --sysctl=net.core.somaxconn=1024 web
podman run --network host --sysctl net.ipv4.tcp_fin_timeout=10 web
`))
	compare(t, got.Assignments,
		"1 container-run net.ipv4.tcp_tw_reuse=1 [container in line 1]",
		"2 container-run net.core.somaxconn=1024 [container in line 1]",
		"3 container-run net.ipv4.tcp_fin_timeout=10 host [container in line 3]",
	)
}

func TestADockerfileRunsOnlyItsRunInstructionsWhileItIsBuilt(t *testing.T) {
	got := ParseDockerfile("Dockerfile", []byte(`FROM debian
# sysctl -w net.ipv4.tcp_rfc1337=1
ENV x=net.ipv4.tcp_rfc1337=1
RUN --mount=type=cache,target=/x apt-get update && \
    # in between
    echo "net.ipv4.tcp_tw_reuse=1" >> /etc/sysctl.conf
RUN sysctl -w net.ipv4.tcp_tw_recycle=1
CMD ["sh", "-c", "sysctl -w net.ipv4.tcp_fin_timeout=5 && exec web"]
`))
	compare(t, got.Assignments,
		"6 append net.ipv4.tcp_tw_reuse=1 build",
		"7 sysctl net.ipv4.tcp_tw_recycle=1 build",
		"8 sysctl net.ipv4.tcp_fin_timeout=5",
	)
}

func TestAQuoteThatNeverEndsCostsOneLine(t *testing.T) {
	got := ParseShell("x.sh", []byte("echo it's\nsysctl -w net.ipv4.tcp_rfc1337=1\n"))
	compare(t, got.Assignments, "2 sysctl net.ipv4.tcp_rfc1337=1")
}
