package text_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/text"
)

func linted(t *testing.T, name string, kernel evidence.Kernel) lint.Report {
	t.Helper()
	data, err := os.ReadFile("../../lint/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return lint.Judge(lint.Input{Kernel: kernel, Texts: []lint.Text{lint.Parse(name, data)}})
}

// lintedHost is a host whose files and kernel disagree in every way.
func lintedHost() lint.Report {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	s := lint.ReadSystem(fstest.MapFS{
		"usr/lib/systemd/systemd-sysctl": file("x"),
		"etc/sysctl.conf":                file("net.ipv4.tcp_tw_reuse = 0\nnet.ipv4.tcp_fin_timeout = 10\n"),
		"etc/sysctl.d/10-a.conf":         file("net.ipv4.tcp_tw_reuse = 1\nnet.ipv4.ip_local_port_range = 1024 65535\nevil\x1b[2J\u202e\n"),
		"run/sysctl.d/10-a.conf":         file("net.ipv4.tcp_rfc1337 = 1\n"),
		"etc/sysctl.d/20-b.conf":         file("net.ipv4.ip_local_port_range = 1024 65534\n"),
	})
	return lint.Judge(lint.Input{Kernel: "6.18.1", System: &s, Live: &lint.Live{
		Values: map[string]string{
			"net.ipv4.tcp_tw_reuse": "2", "net.ipv4.tcp_fin_timeout": "60", "net.ipv4.tcp_timestamps": "0", "net.ipv4.ip_local_port_range": "1024\t65534",
		},
		First: true, TimeWait: -1, Listening: []uint16{22, 5432, 8080},
	}})
}

func TestLintLooksAsInTheGoldenFiles(t *testing.T) {
	for name, c := range map[string]struct {
		report lint.Report
		lang   say.Lang
		opt    text.Options
	}{
		"lint-classic":     {linted(t, "classic.conf", "6.18"), say.English, text.Options{}},
		"lint-classic-4.9": {linted(t, "classic.conf", "4.9"), say.English, text.Options{Unicode: true}},
		"lint-classic-zh":  {linted(t, "classic.conf", "6.18"), say.Chinese, text.Options{Unicode: true}},
		"lint-chinese":     {linted(t, "chinese.conf", "6.18"), say.Chinese, text.Options{Unicode: true, Color: true, Width: 100}},
		"lint-host":        {lintedHost(), say.English, text.Options{}},
		"lint-host-zh":     {lintedHost(), say.Chinese, text.Options{Unicode: true}},
		"lint-nothing":     {linted(t, "distribution.conf", "6.1"), say.English, text.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c.opt.Lang = c.lang
			if err := text.New(&out, c.opt).Lint(c.report); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
			plain := out.String()
			for _, color := range []string{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m", "\x1b[0m"} {
				plain = strings.ReplaceAll(plain, color, "")
			}
			if strings.ContainsAny(plain, "\x1b\u202e\r") || !utf8.ValidString(plain) {
				t.Errorf("unsafe output: %q", plain)
			}
		})
	}
}
