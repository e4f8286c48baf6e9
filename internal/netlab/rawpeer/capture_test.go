package rawpeer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/linger-dev/linger/internal/tcp"
)

// conversation is a connection that raw opens and closes first; its first FIN
// is lost.
func conversation(t *testing.T, raw, other *Peer) {
	t.Helper()
	c, d := joined(t, raw, other, 80)
	_, err := raw.Disturb(Rule{Do: Lose, Match: Match{Flags: tcp.FIN | tcp.ACK}})
	must(t, err)
	must(t, c.Inject(Handmade{Flags: tcp.ACK, Seq: -1}))
	settle(time.Second) // it is answered
	must(t, c.Close())
	settle(10 * time.Second)
	must(t, d.Close())
	settle(10 * time.Second)
}

// kernelSays stands for what a lab knows of the kernel.
func kernelSays(_ time.Time, t tcp.FourTuple) string {
	if t.Src.Addr() == otherAddr {
		return "SOMETHING"
	}
	return ""
}

var conversationSays = []string{
	"kernel SOMETHING; raw CLOSE -> SYN_SENT; RFC 9293 3.10.1 OPEN",
	"kernel SOMETHING; raw SYN_SENT -> ESTABLISHED; RFC 9293 3.10.7.3 fourth, SYN",
	"kernel SOMETHING; raw SYN_SENT -> ESTABLISHED; RFC 9293 3.10.7.3 fourth, SYN",
	"kernel SOMETHING; raw ESTABLISHED; made by hand",
	"kernel SOMETHING; raw ESTABLISHED; RFC 9293 3.10.7.4 fifth, ACK",
	"kernel SOMETHING; raw ESTABLISHED -> FIN_WAIT1; RFC 9293 3.10.4 CLOSE; lost",
}

func TestPcapngCommentsTellTheStatesOfBothEnds(t *testing.T) {
	wait := Options{Params: tcp.Params{TimeWait: time.Minute}}
	inBubble(t, wait, wait, func(t *testing.T, raw, other *Peer) {
		conversation(t, raw, other)
		var file bytes.Buffer
		must(t, raw.Capture().WritePcapng(&file, kernelSays))
		r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
		must(t, err)
		packets, _ := raw.Capture().Since(0)
		for i := 0; ; i++ {
			data, about, options, err := r.ReadPacketDataWithOptions()
			if errors.Is(err, io.EOF) {
				if i != len(packets) {
					t.Errorf("%d packets of %d were written", i, len(packets))
				}
				return
			}
			must(t, err)
			checkWritten(t, packets[i], data, about, options)
			if i < len(conversationSays) && options.Comments[0] != conversationSays[i] {
				t.Errorf("packet %d says %q,\nwant %q", i, options.Comments[0], conversationSays[i])
			}
		}
	})
}

func checkWritten(t *testing.T, want Captured, data []byte, about gopacket.CaptureInfo, options pcapgo.NgPacketOptions) {
	t.Helper()
	if !bytes.Equal(data, want.Bytes) || !about.Timestamp.Equal(want.At) || len(options.Comments) != 1 {
		t.Errorf("%s became %x at %s, %q", want.Segment.Flags, data, about.Timestamp, options.Comments)
	}
	if out := options.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound; out != (want.From == Kernel) {
		t.Errorf("%s of the %s end has direction %d", want.Segment.Flags, want.From, options.Flags.Direction)
	}
}

func TestWiresharkReadsTheComments(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skipf("needs tshark: %v", err)
	}
	path := filepath.Join(t.TempDir(), "raw.pcapng")
	wait := Options{Params: tcp.Params{TimeWait: time.Minute}}
	var flags []string
	inBubble(t, wait, wait, func(t *testing.T, raw, other *Peer) {
		conversation(t, raw, other)
		f, err := os.Create(path)
		must(t, err)
		must(t, raw.Capture().WritePcapng(f, kernelSays))
		must(t, f.Close())
		packets, _ := raw.Capture().Since(0)
		for _, p := range packets {
			flags = append(flags, p.Segment.Flags.String())
		}
	})
	out, err := exec.Command(tshark, "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
		"-T", "fields", "-e", "frame.comment", "-e", "tcp.flags.str", "-e", "ip.checksum.status", "-e", "tcp.checksum.status").Output()
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(flags) {
		t.Fatalf("it sees %d packets of %d:\n%s", len(lines), len(flags), out)
	}
	for i, line := range lines {
		fields := strings.Split(line, "\t")
		if len(fields) != 4 || fields[2] != "1" || fields[3] != "1" {
			t.Errorf("packet %d: %q, and checksums must be good (1)", i, fields)
			continue
		}
		if i < len(conversationSays) && fields[0] != conversationSays[i] {
			t.Errorf("packet %d says %q", i, fields[0])
		}
		if syn := strings.Contains(flags[i], "SYN"); syn != strings.Contains(fields[1], "S") {
			t.Errorf("packet %d has %s, %s", i, flags[i], fields[1])
		}
	}
}

func TestTheCaptureIsBoundedButWatchSeesEverything(t *testing.T) {
	watched := 0
	o := Options{Packets: 3, Watch: func(Captured) { watched++ }}
	inBubble(t, o, Options{}, func(t *testing.T, raw, other *Peer) {
		c, _ := joined(t, raw, other, 80)
		for range 5 {
			must(t, c.Inject(Handmade{Flags: tcp.URG}))
		}
		settle(time.Second)
		kept, dropped := raw.Capture().Len(), raw.Capture().Dropped()
		if kept != 3 || dropped < 5 || watched != kept+dropped {
			t.Errorf("%d kept, %d dropped, %d watched", kept, dropped, watched)
		}
		if rest, _ := raw.Capture().Since(2); len(rest) != 1 {
			t.Errorf("%d since the third", len(rest))
		}
		if rest, _ := raw.Capture().Since(9); len(rest) != 0 {
			t.Errorf("%d since the tenth", len(rest))
		}
	})
}

func TestChangesOfStateAreTold(t *testing.T) {
	var states []tcp.State
	o := Options{Params: tcp.Params{TimeWait: time.Minute}}
	o.Changed = func(_ time.Time, tuple tcp.FourTuple, from, to tcp.State) {
		if tuple.Dst != netip.AddrPortFrom(otherAddr, 80) || len(states) > 0 && states[len(states)-1] != from {
			t.Errorf("%s was in %s after %v", tuple, from, states)
		}
		states = append(states, to)
	}
	inBubble(t, o, Options{}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		if n := raw.Population()[tcp.Established]; n != 1 {
			t.Errorf("%d connections are established", n)
		}
		must(t, c.Close())
		settle(time.Second)
		must(t, d.Close())
		settle(2 * time.Minute)
		want := []tcp.State{tcp.SynSent, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.TimeWait, tcp.Close}
		if !slices.Equal(states, want) {
			t.Errorf("got %v", states)
		}
		if n := len(raw.Population()); n != 0 {
			t.Errorf("%d states are left", n)
		}
	})
}

func TestWaitingForTheNextPacketEndsWithIt(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, _ := joined(t, raw, other, 80)
		settle(time.Second)
		n := raw.Capture().Len()
		_, more := raw.Capture().Since(n)
		select {
		case <-more:
			t.Error("there was none")
		default:
		}
		_, err := c.Write(context.Background(), []byte("x"))
		must(t, err)
		<-more
		if packets, _ := raw.Capture().Since(n); len(packets) == 0 {
			t.Error("it is not there")
		}
	})
}
