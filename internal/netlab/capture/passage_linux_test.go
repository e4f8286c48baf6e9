package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// packet is a segment of a whose identification is id.
func packet(t *testing.T, host string, at int, outgoing bool, id uint16) Packet {
	t.Helper()
	raw := segment(t, false, 10)
	binary.BigEndian.PutUint16(raw[4:], id)
	h, err := Decode(raw, len(raw))
	if err != nil {
		t.Fatal(err)
	}
	return Packet{Time: time.Unix(0, int64(at)), Host: host, Outgoing: outgoing, Raw: raw, Length: len(raw), Header: h}
}

func owner(a netip.Addr) string {
	return map[string]string{"10.0.0.1": "a", "10.0.0.2": "b", "10.1.0.1": "a", "10.1.0.2": "b"}[a.String()]
}

func TestPassagesTellArrivedFromLostAndDuplicated(t *testing.T) {
	results := []Result{
		{Packets: []Packet{packet(t, "a", 10, true, 1), packet(t, "a", 20, true, 2), packet(t, "a", 30, true, 3)}},
		{Packets: []Packet{packet(t, "b", 10, false, 1), packet(t, "b", 40, false, 3), packet(t, "b", 45, false, 3), packet(t, "b", 50, false, 9)}},
	}
	fates := func() (list []string) {
		for _, p := range Passages(time.Unix(0, 0), results, owner) {
			list = append(list, fmt.Sprintf("%s-%s %d-%d %s", p.From, p.To, p.At, p.Until, p.Fate))
		}
		return list
	}
	want := []string{"a-b 10-10 arrived", "a-b 20-0 lost", "a-b 30-40 arrived", "a-b 45-45 duplicate", "a-b 50-50 arrived"}
	if diff := cmp.Diff(want, fates()); diff != "" {
		t.Error(diff)
	}
	results[1].Missed = 1
	want[1] = "a-b 20-0 "
	if diff := cmp.Diff(want, fates()); diff != "" {
		t.Errorf("the receiver missed packets:\n%s", diff)
	}
}

func TestKernelPassagesTellTheStoryOfAConnection(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	atA, atB := start(t, a, Options{}), start(t, b, Options{})
	echo(t, a, b, "10.1.0.2", 100, atA)
	var first, second Result
	eventually(t, "that both ends have seen the same", func() bool {
		var err1, err2 error
		first, err1 = atA.Seen()
		second, err2 = atB.Seen()
		must(t, errors.Join(err1, err2))
		return len(first.Packets) == len(second.Packets)
	})
	var got []string
	next := map[string]int64{}
	for _, p := range Passages(first.Packets[0].Time, []Result{second, first}, owner) {
		if p.Fate != evidence.Arrived || p.Arrival() < p.At {
			t.Errorf("%+v", p)
		}
		end := p.Seq + int64(p.Len)
		if p.Flags&(tcp.SYN|tcp.FIN) != 0 {
			end++
		}
		if end > next[p.From] { // else it acknowledges, or is a retransmission, which a busy machine provokes
			next[p.From] = end
			got = append(got, fmt.Sprintf("%s-%s %s seq %d ack %d len %d", p.From, p.To, p.Flags, p.Seq, p.Ack, p.Len))
		}
	}
	want := []string{
		"a-b SYN seq 0 ack 0 len 0", "b-a SYN+ACK seq 0 ack 1 len 0", "a-b PSH+ACK seq 1 ack 1 len 100",
		"b-a PSH+ACK seq 1 ack 101 len 100", "a-b FIN+ACK seq 101 ack 101 len 0", "b-a FIN+ACK seq 101 ack 102 len 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
