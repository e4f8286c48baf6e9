package capture

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKernelWiresharkReadsTheFileWithItsComments(t *testing.T) {
	t.Parallel()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	a, b := pair(t)
	c := start(t, a, Options{})
	echo(t, a, b, "10.1.0.2", 1000, c)
	r, err := c.Stop()
	must(t, err)
	var file bytes.Buffer
	must(t, WritePcapng(&file, r.Packets, func(i int) string {
		if i%2 == 1 {
			return ""
		}
		return fmt.Sprintf("packet no. %d ✓", i)
	}))
	path := filepath.Join(t.TempDir(), "echo.pcapng")
	must(t, os.WriteFile(path, file.Bytes(), 0o600))
	out, err := exec.Command(tshark, "-r", path, "-T", "fields", "-E", "separator=,", "-E", "quote=d",
		"-e", "frame.time_epoch", "-e", "frame.comment", "-e", "tcp.flags", "-e", "tcp.seq_raw", "-e", "tcp.len",
		"-e", "frame.interface_name", "-e", "frame.packet_flags_direction").Output()
	must(t, err)
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	must(t, err)
	var want [][]string
	for i, p := range r.Packets {
		comment, direction := "", "1"
		if i%2 == 0 {
			comment = fmt.Sprintf("packet no. %d ✓", i)
		}
		if p.Outgoing {
			direction = "2"
		}
		s := p.Header.Segment
		want = append(want, []string{
			fmt.Sprintf("%d.%09d", p.Time.Unix(), p.Time.Nanosecond()), comment, fmt.Sprintf("0x%04x", uint8(s.Flags)),
			fmt.Sprint(uint32(s.Seq)), fmt.Sprint(p.Header.DataLen), "a eth0", "0x" + strings.Repeat("0", 7) + direction,
		})
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}
