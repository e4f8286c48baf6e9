package rawpeer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// fileSize is what goes through the relay in each direction.
const fileSize = 10 << 20

const nginxConf = `
daemon off; master_process off; user root; pid nginx.pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off; client_max_body_size 0; client_body_temp_path body;
  proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 10.9.0.1:80; root files; dav_methods PUT; }
}
`

// A real client and a real server, that know nothing of each other's kernel:
// curl speaks to a raw peer, which speaks to nginx over a raw peer of its own,
// and both links are bad.
func TestKernelFilesComeIntactThroughTwoRawPeers(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"curl", "nginx"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s: %v", program, err)
		}
	}
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "files"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(nginxConf), 0o644))
	file := make([]byte, fileSize)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(file)
	must(t, os.WriteFile(filepath.Join(dir, "files", "down"), file, 0o644))

	client, server := host(t), host(t)
	o := Options{Params: tcp.Params{Timestamps: true, Window: 512 << 10, TimeWait: time.Second, Linux: true, NoDelay: true}}
	toClient, toServer := attach(t, client, o), attach(t, server, o)
	for _, p := range []*Peer{toClient, toServer} {
		disturb(t, p, 0.01)
	}
	run(t, server, "nginx", "-e", "stderr", "-p", dir, "-c", "nginx.conf")
	awaitListener(t, server)
	relay(t, toClient, toServer, netip.MustParseAddrPort("10.9.0.1:80"))

	base := "http://10.9.0.2/"
	curl := []string{"-sS", "--fail", "--max-time", "100"}
	down := run(t, client, "curl", append(curl, "-o", filepath.Join(dir, "down"), base+"down")...)
	must(t, down.Wait())
	same(t, filepath.Join(dir, "down"), file)
	up := run(t, client, "curl", append(curl, "-T", filepath.Join(dir, "down"), base+"up")...)
	must(t, up.Wait())
	same(t, filepath.Join(dir, "files", "up"), file)
	disturbed(t, toClient)
	disturbed(t, toServer)
	unharmed(t, client, toClient)
	unharmed(t, server, toServer)
}

// awaitListener waits until a server on the host listens: nginx tells nobody
// when it does.
func awaitListener(t *testing.T, h *netlab.Host) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		pop, err := h.Population()
		must(t, err)
		if pop[netlab.IPv4][tcp.Listen] > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the server does not listen")
		}
	}
}

// run starts a program on a host; what it complains about is in the test's output.
func run(t *testing.T, h *netlab.Host, name string, args ...string) *netlab.Process {
	t.Helper()
	cmd := exec.Command(name, args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	p, err := h.Start(cmd)
	must(t, err)
	t.Cleanup(func() {
		p.Kill()
		if _ = p.Wait(); t.Failed() {
			t.Logf("%s: %s", name, complaints.Bytes())
		}
	})
	return p
}

func same(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	must(t, err)
	if sha256.Sum256(got) != sha256.Sum256(want) {
		t.Fatalf("%s has %d bytes and is not what was sent", filepath.Base(path), len(got))
	}
}

// disturbed checks that the link was as bad as it was told to be.
func disturbed(t *testing.T, p *Peer) {
	t.Helper()
	fates := map[string]int{}
	packets, _ := p.Capture().Since(0)
	for _, c := range packets {
		fates[fmt.Sprint(c.From, " ", c.Fate)]++
	}
	t.Logf("%v, and %d more packets", fates, p.Capture().Dropped())
	for _, from := range []Side{Kernel, Raw} {
		for _, fate := range []evidence.Fate{evidence.Lost, evidence.Delayed, evidence.Duplicated} {
			if fates[fmt.Sprint(from, " ", fate)] == 0 {
				t.Errorf("no segment of the %s end was %s", from, fate)
			}
		}
	}
}

// relay joins every connection to one peer with a connection of another.
func relay(t *testing.T, in, out *Peer, to netip.AddrPort) {
	t.Helper()
	l, err := in.Listen(to.Port())
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept(ctx)
			if err != nil {
				return
			}
			go join(ctx, c, out, to)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func join(ctx context.Context, c *Conn, out *Peer, to netip.AddrPort) {
	defer func() { _ = c.Close() }()
	d, err := out.Dial(ctx, netip.AddrPort{}, to)
	if err != nil {
		_ = c.Abort()
		return
	}
	defer func() { _ = d.Close() }()
	done := make(chan struct{})
	go func() { defer close(done); pump(ctx, c, d) }()
	pump(ctx, d, c)
	<-done
}

// pump copies one direction, with its end.
func pump(ctx context.Context, from, to *Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(ctx, b)
		if errors.Is(err, io.EOF) {
			_ = to.CloseWrite()
			return
		}
		if err == nil {
			_, err = to.Write(ctx, b[:n])
		}
		if err != nil {
			_ = to.Abort()
			return
		}
	}
}
