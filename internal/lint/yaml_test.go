package lint

import (
	"strings"
	"testing"
)

func TestComposeSetsPerServiceInBothOfItsForms(t *testing.T) {
	got := ParseYAML("compose.yaml", []byte(`x-tuned: &tuned
  net.ipv4.tcp_fin_timeout: 10
services:
  web:
    image: web
    sysctls:
      net.core.somaxconn: 1024
      net.ipv4.ip_local_port_range: "1024 65535"
  proxy:
    network_mode: host
    sysctls:
      - net.ipv4.tcp_tw_reuse=1
  old:
    sysctls: *tuned
  new:
    sysctls:
      <<: *tuned
      net.ipv4.tcp_syncookies: 0
`))
	compare(t, got.Assignments,
		"7 compose net.core.somaxconn=1024 [service web]",
		"8 compose net.ipv4.ip_local_port_range=1024 65535 [service web]",
		"12 compose net.ipv4.tcp_tw_reuse=1 host [service proxy]",
		"2 compose net.ipv4.tcp_fin_timeout=10 [service old]",
		"2 compose net.ipv4.tcp_fin_timeout=10 [service new]",
		"18 compose net.ipv4.tcp_syncookies=0 [service new]",
	)
	if got.Problems != nil {
		t.Error(got.Problems)
	}
}

func TestKubernetesSetsInTheSecurityContextAndByCommandsOfContainers(t *testing.T) {
	got := ParseYAML("pod.yaml", []byte(`apiVersion: v1
kind: Service
metadata: {name: other}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      hostNetwork: true
      securityContext:
        sysctls:
          - name: net.ipv4.tcp_tw_reuse
            value: "1"
          - {name: net/core/somaxconn, value: "4096"}
      initContainers:
        - name: tune
          command: ["sh", "-c", "sysctl -w net.ipv4.tcp_fin_timeout=15"]
        - name: tune2
          command:
            - sysctl
            - -w
            - net.ipv4.tcp_rfc1337=1
        - args:
            - |
              set -e
              echo 1 > /proc/sys/net/ipv4/tcp_tw_recycle
---
kind: ConfigMap
metadata: {name: tuning}
data:
  99-sysctl.conf: |
    # many TIME_WAIT
    net.ipv4.tcp_max_tw_buckets = 5000
    nonsense
`))
	compare(t, got.Assignments,
		"15 kubernetes net.ipv4.tcp_tw_reuse=1 host [Deployment web]",
		"17 kubernetes net.core.somaxconn=4096 host [Deployment web]",
		"20 sysctl net.ipv4.tcp_fin_timeout=15 host [Deployment web]",
		"25 sysctl net.ipv4.tcp_rfc1337=1 host [Deployment web]",
		"29 proc net.ipv4.tcp_tw_recycle=1 host [Deployment web]",
		"36 sysctl.conf net.ipv4.tcp_max_tw_buckets=5000 [file 99-sysctl.conf] #many TIME_WAIT",
	)
	if len(got.Problems) != 1 || got.Problems[0].Line != 37 || got.Problems[0].Fatal {
		t.Errorf("problems %v", got.Problems)
	}
}

func TestAnsibleAndCloudInitAreRead(t *testing.T) {
	got := ParseYAML("x.yml", []byte(`- hosts: all
  tasks:
    - name: reuse
      ansible.posix.sysctl:
        name: net.ipv4.tcp_tw_reuse
        value: '1'
    - sysctl: {name: net.ipv4.tcp_fin_timeout, value: "{{ fin }}", state: present}
    - sysctl: {name: net.ipv4.tcp_rfc1337, state: absent}
`))
	compare(t, got.Assignments,
		"5 ansible net.ipv4.tcp_tw_reuse=1",
		"7 ansible net.ipv4.tcp_fin_timeout={{ fin }} open",
	)
	got = ParseYAML("user-data.yaml", []byte(`#cloud-config
write_files:
  - path: /etc/sysctl.d/99-x.conf
    content: |
      net.ipv4.tcp_tw_recycle = 1
runcmd:
  - [sysctl, -w, net.ipv4.tcp_timestamps=0]
`))
	compare(t, got.Assignments,
		"5 sysctl.conf net.ipv4.tcp_tw_recycle=1 [file content]",
		"7 sysctl net.ipv4.tcp_timestamps=0",
	)
}

func TestOnlyYAMLThatSpeaksOfSettingsMustBeValid(t *testing.T) {
	helm := "kind: Pod\nspec: {{ if .x }}\n"
	if got := ParseYAML("t.yaml", []byte(helm)); len(got.Problems) != 0 {
		t.Errorf("a template that sets nothing: %v", got.Problems)
	}
	got := ParseYAML("t.yaml", []byte("a: b\n---\n"+helm+"sysctls: [\n"))
	if len(got.Problems) != 1 || !got.Problems[0].Fatal || got.Problems[0].Line < 3 {
		t.Errorf("got %+v", got.Problems)
	}
	got = ParseYAML("t.yaml", []byte("sysctls: "+strings.Repeat("[", 5000)))
	if len(got.Problems) != 1 || !got.Problems[0].Fatal {
		t.Errorf("got %+v", got.Problems)
	}
	got = ParseYAML("crd.yaml", []byte("properties:\n  sysctls:\n    description: Sysctls hold a list\n    type: array\n"))
	if len(got.Assignments)+len(got.Problems) != 0 {
		t.Errorf("a schema sets %+v", got)
	}
	got = ParseYAML("t.yaml", []byte("sysctls: &a [*a]\nb: *b\nc: &c\n  sysctls: *c\n"))
	if len(got.Assignments) != 0 {
		t.Errorf("a circle gave %+v", got.Assignments)
	}
}

func TestATextThatIsNoneIsAProblemOfItsLine(t *testing.T) {
	for name, parse := range map[string]func(string, []byte) Text{
		"conf": ParseConf, "shell": ParseShell, "yaml": ParseYAML, "docker": ParseDockerfile,
	} {
		got := parse("x", []byte("a = 1\n\x00\x01"))
		if len(got.Problems) != 1 || !got.Problems[0].Fatal || got.Problems[0].Place != (Place{"x", 2}) {
			t.Errorf("%s: binary gave %+v", name, got.Problems)
		}
		got = parse("x", []byte("\n"+strings.Repeat("x", lineMost+1)))
		if len(got.Problems) != 1 || !got.Problems[0].Fatal || got.Problems[0].Line != 2 {
			t.Errorf("%s: a huge line gave %+v", name, got.Problems)
		}
	}
}
