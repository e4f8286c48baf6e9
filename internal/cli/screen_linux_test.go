package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// screen is a real terminal in which linger runs: a pane of a tmux server of
// the test's own.
type screen struct {
	t      *testing.T
	socket string
	dir    string // where the shell in the pane writes what the test reads
}

// patience is how long the screen is looked at for what must come; a busy
// machine takes its time.
const patience = 30 * time.Second

// openScreen starts a shell in a terminal of this size, which runs a command and
// tells its status and the terminal's modes before and after.
func openScreen(t *testing.T, width, height int, env []string, command string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed")
	}
	s := &screen{t: t, dir: t.TempDir()}
	s.socket = filepath.Join(s.dir, "tmux")
	script := "stty -g >before; echo the shell is here; " + command + "; echo status $?; stty -g >after; echo all is over; exec sleep 1000"
	args := []string{"-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height)}
	for _, e := range env {
		args = append(args, "-e", e)
	}
	s.tmux(append(args, "sh", "-c", script)...)
	t.Cleanup(func() { exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-S", s.socket}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "TMUX") || strings.HasPrefix(e, "NO_COLOR=")
	}), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v: %s", args, err, out)
	}
	return string(out)
}

// text is what is on the screen, with colours if they are wanted.
func (s *screen) text(options ...string) string {
	s.t.Helper()
	return s.tmux(append([]string{"capture-pane", "-p"}, options...)...)
}

// keys types keys, as tmux names them.
func (s *screen) keys(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// await waits until all words are on the screen, and returns it.
func (s *screen) await(words ...string) string {
	s.t.Helper()
	return s.until(strings.Join(words, ", "), func(text string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	})
}

func (s *screen) until(what string, holds func(text string) bool) string {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		text := s.text()
		if holds(text) {
			return text
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the screen does not come to show %s:\n%s", what, text)
		}
	}
}

func (s *screen) resize(width, height int) {
	s.t.Helper()
	s.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// restored fails if the terminal is not as it was before linger ran.
func (s *screen) restored(status int) {
	s.t.Helper()
	s.await("the shell is here", "status "+strconv.Itoa(status), "all is over")
	before, err1 := os.ReadFile(filepath.Join(s.dir, "before"))
	after, err2 := os.ReadFile(filepath.Join(s.dir, "after"))
	if err1 != nil || err2 != nil || string(before) != string(after) {
		s.t.Errorf("the terminal's modes were %s and are %s (%v, %v)", before, after, err1, err2)
	}
	const modes = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}"
	if got := s.tmux("display-message", "-p", modes); got != "0 1 0 0\n" {
		s.t.Errorf("alternate screen, cursor, mouse, keypad: %q", got)
	}
}
