package lint

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stage hides every folder of sysctl of the host behind empty ones, fills them
// from $1, runs the program in a network namespace of its own and prints what
// it set. Only keys of that namespace may be named in the files.
const stage = `set -e
for d in /etc/sysctl.d /run /usr/local/lib /usr/lib/sysctl.d; do mount -t tmpfs none $d; done
mkdir -p /run/sysctl.d /usr/local/lib/sysctl.d
for d in etc/sysctl.d run/sysctl.d usr/local/lib/sysctl.d usr/lib/sysctl.d; do
  if [ -d "$1/$d" ]; then cp -a "$1/$d/." "/$d/"; fi
done
mount --bind "$1/etc/sysctl.conf" /etc/sysctl.conf
shift; keys=$1; shift
"$@" >/dev/null 2>&1 || true
cd /proc/sys/net/ipv4; for k in $keys; do echo "$k $(cat $k)"; done
`

func leaves() []string {
	return []string{
		"tcp_fin_timeout", "tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_keepalive_probes", "tcp_orphan_retries", "tcp_rfc1337", "tcp_synack_retries",
	}
}

// randomSystem writes files of sysctl below dir: names that hide each other,
// masks, links, patterns, exclusions, both forms of keys, and nonsense.
func randomSystem(t *testing.T, r *rand.Rand, dir string) {
	t.Helper()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("etc/sysctl.conf", randomLines(r))
	for _, d := range []string{"etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d"} {
		write(filepath.Join(d, "README"), "net.ipv4.tcp_fin_timeout = 99\n")
		for _, base := range []string{"10-a.conf", "20-b.conf", "9-c.conf", "A.conf", "zz.conf", ".conf", ".hidden.conf"} {
			name := filepath.Join(d, base)
			switch r.IntN(8) {
			case 0, 1:
				write(name, randomLines(r))
			case 2:
				write(name, "")
			case 3:
				if err := os.Symlink("/dev/null", filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if r.IntN(2) == 0 {
		if err := os.Symlink("../sysctl.conf", filepath.Join(dir, "etc/sysctl.d/99-sysctl.conf")); err != nil {
			t.Fatal(err)
		}
	}
}

func randomLines(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		key := "net.ipv4." + leaves()[r.IntN(len(leaves()))]
		switch r.IntN(10) {
		case 0:
			key = strings.ReplaceAll(key, ".", "/")
		case 1:
			key = "-" + key
		case 2:
			key = "net.ipv4.tcp_keepalive_*"
		case 3:
			key = "net.ipv4.tcp_[kf]*e*"
		}
		switch r.IntN(8) {
		case 0:
			fmt.Fprintf(&b, "-%s\n", strings.TrimPrefix(key, "-"))
		case 1:
			fmt.Fprintf(&b, "  %s=%d # note\r\n", key, 1+r.IntN(50))
		case 2:
			fmt.Fprintf(&b, " ; %s = 3\nnonsense\n\n", key)
		default:
			fmt.Fprintf(&b, "%s = %d\n", key, 1+r.IntN(50))
		}
	}
	return b.String()
}

// TestKernelBothProgramsSetWhatWeSayTheySet is a differential test against the
// programs themselves.
func TestKernelBothProgramsSetWhatWeSayTheySet(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make namespaces")
	}
	for program, command := range map[Program][]string{
		Systemd: {"/usr/lib/systemd/systemd-sysctl"},
		Procps:  {"/sbin/sysctl", "--system"},
	} {
		t.Run(string(program), func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(command[0]); err != nil {
				t.Skipf("not installed: %v", err)
			}
			if program == Procps && !newProcps(t, command[0]) {
				t.Skip("this procps knows no patterns")
			}
			for seed := range uint64(12) {
				dir := t.TempDir()
				randomSystem(t, rand.New(rand.NewPCG(seed, 1)), dir)
				if got, want := theirs(t, dir, command), ours(dir, program); got != want {
					t.Errorf("seed %d: %s set\n%swe say\n%s%s", seed, program, got, want, listing(dir))
				}
			}
		})
	}
}

func newProcps(t *testing.T, command string) bool {
	t.Helper()
	out, err := exec.Command(command, "--version").Output()
	return err == nil && strings.Contains(string(out), "procps-ng 4")
}

func theirs(t *testing.T, dir string, command []string) string {
	t.Helper()
	cmd := exec.Command("/bin/sh", append([]string{"-c", stage, "sh", dir, strings.Join(leaves(), " ")}, command...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("cannot hide the host's files: %v: %s", err, problems.String())
	}
	return string(out)
}

// ours is the same by our rules, beginning with the kernel's defaults.
func ours(dir string, program Program) string {
	s := ReadSystem(os.DirFS(dir))
	var lines []Assignment
	for _, file := range s.Order[program] {
		lines = append(lines, s.Texts[file].Assignments...)
	}
	table := newTable()
	won := decide(lines, program, table.keys)
	var b strings.Builder
	for _, name := range leaves() {
		value := table.find("net.ipv4." + name).fresh("6.18")
		if w, ok := won["net.ipv4."+name]; ok {
			value, _, _ = strings.Cut(w.Value, " ")
		}
		fmt.Fprintf(&b, "%s %s\n", name, value)
	}
	return b.String()
}

func listing(dir string) string {
	out, _ := exec.Command("grep", "-r", "", dir).CombinedOutput()
	return strings.ReplaceAll(string(out), dir, "")
}
