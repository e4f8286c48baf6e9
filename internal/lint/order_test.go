package lint

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text), Mode: 0o644} }

func link(target string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
}

func debian() fstest.MapFS {
	return fstest.MapFS{
		"lib":                              link("usr/lib"),
		"usr/lib/systemd/systemd-sysctl":   file("x"),
		"usr/lib/sysctl.d/50-default.conf": file("net.ipv4.tcp_syncookies = 1\n"),
		"etc/sysctl.conf":                  file("net.ipv4.tcp_fin_timeout = 30\n"),
		"etc/sysctl.d/99-sysctl.conf":      link("../sysctl.conf"),
		"etc/sysctl.d/README.sysctl":       file("no settings\n"),
	}
}

func TestFilesAreReadInTheOrderOfTheirNamesWhateverTheirFolder(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.d/10-a.conf"] = file("net.ipv4.tcp_rfc1337 = 0\n")
	fsys["run/sysctl.d/60-b.conf"] = file("net.ipv4.tcp_rfc1337 = 1\n")
	s := ReadSystem(fsys)
	want := []string{"/etc/sysctl.d/10-a.conf", "/usr/lib/sysctl.d/50-default.conf", "/run/sysctl.d/60-b.conf", "/etc/sysctl.d/99-sysctl.conf"}
	if !slices.Equal(s.Order[Systemd], want) {
		t.Errorf("systemd reads %v, want %v", s.Order[Systemd], want)
	}
	if want = append(want, "/etc/sysctl.conf"); !slices.Equal(s.Order[Procps], want) {
		t.Errorf("procps reads %v, want %v", s.Order[Procps], want)
	}
	if s.Boot != Systemd || len(s.Masked)+len(s.Problems) != 0 {
		t.Errorf("boot %v, masked %v, problems %v", s.Boot, s.Masked, s.Problems)
	}
	f := byKey(Judge(Input{Kernel: "6.18", System: &s}))["net.ipv4.tcp_rfc1337"]
	if f.Value != "1" || f.File != "/run/sysctl.d/60-b.conf" || len(f.Overridden) != 1 || f.Overridden[0].File != "/etc/sysctl.d/10-a.conf" {
		t.Errorf("got %+v", f)
	}
}

func TestAFileHidesThoseOfItsNameBelow(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.d/50-default.conf"] = link("/dev/null")
	fsys["usr/lib/sysctl.d/20-a.conf"] = file("net.ipv4.tcp_rfc1337 = 1\n")
	fsys["run/sysctl.d/20-a.conf"] = file("")
	s := ReadSystem(fsys)
	want := []Masked{
		{"/usr/lib/sysctl.d/20-a.conf", "/run/sysctl.d/20-a.conf"},
		{"/usr/lib/sysctl.d/50-default.conf", "/etc/sysctl.d/50-default.conf"},
	}
	if !slices.Equal(s.Masked, want) || len(s.Problems) != 0 {
		t.Errorf("masked %v, problems %v", s.Masked, s.Problems)
	}
	if got := byKey(Judge(Input{Kernel: "6.18", System: &s})); len(got) != 1 {
		t.Errorf("masked files were judged: %v", got)
	}
}

// Debian up to 12 links 99-sysctl.conf to /etc/sysctl.conf; where the link is
// missing, only procps reads the file.
func TestWhereTheTwoProgramsDifferItIsSaid(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.d/zz-last.conf"] = file("net.ipv4.tcp_fin_timeout = 90\n")
	s := ReadSystem(fsys)
	f := byKey(Judge(Input{Kernel: "6.18", System: &s}))[keyFin]
	if f.Value != "90" || f.Disagree == nil || f.Disagree.Program != Procps || f.Disagree.Set == nil || f.Disagree.Set.Value != "30" {
		t.Errorf("got %+v, disagreement %+v", f, f.Disagree)
	}
	delete(fsys, "etc/sysctl.d/99-sysctl.conf")
	delete(fsys, "etc/sysctl.d/zz-last.conf")
	s = ReadSystem(fsys)
	f = byKey(Judge(Input{Kernel: "6.18", System: &s}))[keyFin]
	if f.Value != "30" || f.Disagree == nil || f.Disagree.Program != Systemd || f.Disagree.Set != nil {
		t.Errorf("got %+v, disagreement %+v", f, f.Disagree)
	}
	delete(fsys, "usr/lib/systemd/systemd-sysctl")
	s = ReadSystem(fsys)
	f = byKey(Judge(Input{Kernel: "6.18", System: &s}))[keyFin]
	if s.Boot != Procps || f.Disagree == nil || f.Disagree.Program != Systemd {
		t.Errorf("boot %v, got %+v", s.Boot, f)
	}
}

func TestLinksOfASystemStayInsideIt(t *testing.T) {
	fsys := fstest.MapFS{
		"etc/sysctl.d/10-abs.conf":   link("/opt/x/tuning"),
		"opt/x":                      link("/srv"),
		"srv/tuning":                 file("net.ipv4.tcp_rfc1337 = 1\n"),
		"etc/sysctl.d/20-up.conf":    link("../../../../../srv/tuning"),
		"etc/sysctl.d/30-loop.conf":  link("30-loop.conf"),
		"etc/sysctl.d/40-gone.conf":  link("/nowhere"),
		"etc/sysctl.d/50-pipe.conf":  {Mode: fs.ModeNamedPipe},
		"etc/sysctl.d/60-dir.conf/x": file(""),
		"run/sysctl.d":               link("/run/sysctl.d"),
	}
	s := ReadSystem(fsys)
	if want := []string{"/etc/sysctl.d/10-abs.conf", "/etc/sysctl.d/20-up.conf"}; !slices.Equal(s.Order[Systemd], want) {
		t.Errorf("read %v", s.Order[Systemd])
	}
	var got []string
	for _, p := range s.Problems {
		got = append(got, p.File+" "+p.What.EN)
	}
	for i, want := range []string{
		"/run/sysctl.d cannot be read: too many levels of symbolic links", "30-loop.conf cannot be read: too many levels",
		"40-gone.conf cannot be read: file does not exist", "50-pipe.conf cannot be read: not a regular file",
	} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Errorf("problems %q, want %q", got, want)
		}
	}
}

func TestAFolderIsReadWithoutWhatMakesNoSettings(t *testing.T) {
	fsys := fstest.MapFS{
		"b/20.conf":           file("net.ipv4.tcp_rfc1337 = 1\n"),
		"a/30.conf":           file("net.ipv4.tcp_rfc1337 = 0\n"),
		"nginx.conf":          file("worker_processes 4;\nx = y;\n"),
		"logo.conf":           file("\x00\x01"),
		"Dockerfile":          file("RUN sysctl -w net.ipv4.tcp_tw_reuse=1\n"),
		"chart/template.yaml": file("kind: {{ if }}\n"),
		"chart/broken.yaml":   file("sysctls: [\n"),
		"compose.yml":         file("services: {web: {sysctls: {net.ipv4.tcp_fin_timeout: 10}}}\n"),
		"loop":                link("."),
		"loop.conf":           link("loop.conf"),
		".git/hooks/x.sh":     file("sysctl -w net.ipv4.tcp_rfc1337=1\n"),
		"run.sh":              file("echo nothing\n"),
		"notes.txt":           file("net.ipv4.tcp_rfc1337 = 1\n"),
	}
	var got []string
	for _, text := range ReadFolder(fsys, "dir") {
		got = append(got, text.File)
	}
	want := []string{"dir/b/20.conf", "dir/a/30.conf", "dir/loop.conf", "dir/Dockerfile", "dir/chart/broken.yaml", "dir/compose.yml"}
	if !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

// locked is a file system in which one file may not be read.
type locked struct {
	fstest.MapFS
	name string
}

func (l locked) Open(name string) (fs.File, error) {
	if name == l.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.MapFS.Open(name)
}

func (l locked) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == l.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.MapFS.ReadDir(name)
}

func TestAFileWithoutPermissionIsSaidAndTheOthersAreRead(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.d/10-secret.conf"] = file("net.ipv4.tcp_rfc1337 = 1\n")
	s := ReadSystem(locked{fsys, "etc/sysctl.d/10-secret.conf"})
	rep := Judge(Input{Kernel: "6.18", System: &s})
	if len(rep.Problems) != 1 || rep.Problems[0].What.EN != "cannot be read: permission denied" || rep.Problems[0].File != "/etc/sysctl.d/10-secret.conf" {
		t.Errorf("problems %+v", rep.Problems)
	}
	if rep.Exit() != 3 || len(rep.Findings) != 2 {
		t.Errorf("exit %d, %d findings", rep.Exit(), len(rep.Findings))
	}
	s = ReadSystem(locked{fsys, "etc/sysctl.d"})
	if len(s.Problems) != 1 || s.Problems[0].File != "/etc/sysctl.d" || len(s.Order[Procps]) != 2 {
		t.Errorf("problems %+v, order %v", s.Problems, s.Order[Procps])
	}
	texts := ReadFolder(locked{fsys, "etc/sysctl.conf"}, "root")
	if !slices.ContainsFunc(texts, func(text Text) bool { return text.File == "root/etc/sysctl.conf" && len(text.Problems) == 1 }) {
		t.Errorf("folder: %+v", texts)
	}
}

func TestADocumentOfYAMLAtTheBoundTakesNoMoreThanAMoment(t *testing.T) {
	var b strings.Builder
	for b.Len() < yamlMost-100 {
		b.WriteString("- sysctls: [net.ipv4.tcp_rfc1337=1, {name: x, value: y}]\n")
	}
	text := ParseYAML("x.yaml", []byte(b.String()))
	if len(text.Problems) != 0 || len(text.Assignments) < 2000 {
		t.Errorf("%d assignments, problems %v", len(text.Assignments), text.Problems)
	}
	b.WriteString(strings.Repeat("# more\n", 100))
	if text := ParseYAML("x.yaml", []byte(b.String())); len(text.Problems) != 1 || !text.Problems[0].Fatal {
		t.Errorf("beyond the bound: %v", text.Problems)
	}
}
