package tcp

// stimulus is an event with the words that figure 5 has for it.
type stimulus struct {
	Event
	word  string
	order int
}

// stimuli are the kinds of events that can happen to a connection, each as one
// example that fits its numbers.
func stimuli(c Conn) []stimulus {
	var list []stimulus
	order := 0
	add := func(fits bool, word string, e Event) {
		if order++; fits {
			list = append(list, stimulus{e, word, order})
		}
	}
	calls(add)
	segment := func(fits bool, word string, seg Segment) {
		seg.Window = 65535
		if c.timestamps && !seg.Options.HasTimestamps {
			seg.Options = Options{HasTimestamps: true, TSVal: c.tsRecent}
		}
		add(fits, word, Event{Kind: Arrive, Segment: seg})
	}
	switch c.State {
	case Close, Listen:
		strangers(segment)
	case SynSent:
		handshakes(c, segment)
	default:
		resets(c, segment)
		syns(c, segment)
		acks(c, segment)
		texts(c, segment)
	}
	timeouts(c, add)
	return list
}

func calls(add func(bool, string, Event)) {
	add(true, "passive OPEN", Event{Kind: OpenPassive, ISS: 1000})
	add(true, "active OPEN", Event{Kind: OpenActive, ISS: 1000})
	add(true, "SEND", Event{Kind: Send, ISS: 1000, Data: []byte("x")})
	add(true, "CLOSE", Event{Kind: CloseCall})
	add(true, "close(2)", Event{Kind: Release})
	add(true, "ABORT", Event{Kind: Abort})
}

// strangers are segments for a port without a connection.
func strangers(segment func(bool, string, Segment)) {
	plain := Segment{Flags: SYN, Seq: 5000}
	segment(true, "rcv SYN", plain)
	plain.Options = Options{HasTimestamps: true, TSVal: 70}
	segment(true, "rcv SYN", plain)
	segment(true, "rcv SYN,ACK", Segment{Flags: SYN | ACK, Seq: 5000, Ack: 1})
	segment(true, "rcv ACK", Segment{Flags: ACK, Seq: 5000, Ack: 1})
	segment(true, "rcv FIN", Segment{Flags: FIN | ACK, Seq: 5000, Ack: 1})
	segment(true, "rcv data", Segment{Flags: ACK, Seq: 5000, Ack: 1, Data: []byte("x")})
	segment(true, "rcv RST", Segment{Flags: RST, Seq: 5000})
}

// handshakes are segments that SYN-SENT may get.
func handshakes(c Conn, segment func(bool, string, Segment)) {
	stamps := Options{HasTimestamps: true, TSVal: 70}
	segment(true, "rcv SYN", Segment{Flags: SYN, Seq: 5000})
	segment(true, "rcv SYN", Segment{Flags: SYN, Seq: 5000, Options: stamps})
	segment(true, "rcv SYN,ACK", Segment{Flags: SYN | ACK, Seq: 5000, Ack: c.Snd.ISS + 1})
	segment(true, "rcv SYN,ACK", Segment{Flags: SYN | ACK, Seq: 5000, Ack: c.Snd.ISS + 1, Options: stamps})
	segment(true, "rcv old ACK", Segment{Flags: ACK, Seq: 5000, Ack: c.Snd.ISS})
	segment(true, "rcv RST", Segment{Flags: RST | ACK, Ack: c.Snd.ISS + 1})
	segment(true, "rcv old RST", Segment{Flags: RST | ACK, Ack: c.Snd.ISS})
}

func resets(c Conn, segment func(bool, string, Segment)) {
	segment(true, "rcv RST", Segment{Flags: RST, Seq: c.Rcv.NXT})
	segment(true, "rcv RST in window", Segment{Flags: RST, Seq: c.Rcv.NXT + 1})
	segment(true, "rcv old RST", Segment{Flags: RST, Seq: c.Rcv.NXT - 100})
}

func syns(c Conn, segment func(bool, string, Segment)) {
	half := c.State == SynRecv
	newer := Options{HasTimestamps: true, TSVal: c.tsRecent + 1}
	segment(half, "rcv SYN again", Segment{Flags: SYN, Seq: c.Rcv.IRS})
	segment(half, "rcv SYN,ACK", Segment{Flags: SYN | ACK, Seq: c.Rcv.IRS, Ack: c.Snd.ISS + 1})
	segment(true, "rcv new SYN", Segment{Flags: SYN, Seq: c.Rcv.NXT + 1})
	segment(!half, "rcv old SYN", Segment{Flags: SYN, Seq: c.Rcv.NXT - 100})
	segment(c.timestamps, "rcv SYN, newer timestamp", Segment{Flags: SYN, Seq: c.Rcv.NXT - 100, Options: newer})
	segment(!half, "rcv old SYN,ACK", Segment{Flags: SYN | ACK, Seq: c.Rcv.NXT - 100, Ack: c.Snd.NXT})
}

func acks(c Conn, segment func(bool, string, Segment)) {
	fin := c.closing && !c.finAcked() && c.Snd.NXT == c.end+1
	data := c.synAcked() && c.queue.len() > 0
	ack := func(to Seq) Segment { return Segment{Flags: ACK, Seq: c.Rcv.NXT, Ack: to} }
	segment(!c.synAcked(), "rcv ACK of SYN", ack(c.Snd.ISS+1))
	segment(!c.synAcked(), "rcv old ACK", ack(c.Snd.ISS))
	segment(data, "rcv ACK of data", ack(c.end))
	segment(fin, "rcv ACK of FIN", ack(c.end+1))
	segment(c.synAcked(), "rcv ACK", ack(c.Snd.UNA))
	segment(c.synAcked(), "rcv ACK of nothing sent", ack(c.Snd.NXT+1))
	segment(true, "rcv keepalive", Segment{Flags: ACK, Seq: c.Rcv.NXT - 1, Ack: c.Snd.NXT})
}

func texts(c Conn, segment func(bool, string, Segment)) {
	// The FIN of a peer that has not seen ours acknowledges all before it.
	before, seen := c.Snd.UNA, c.Snd.NXT
	if !c.synAcked() {
		before = c.Snd.ISS + 1
	}
	if c.closing && seen == c.end+1 && !c.finAcked() {
		segment(true, "rcv FIN, ACK of FIN", Segment{Flags: FIN | ACK, Seq: c.Rcv.NXT, Ack: seen})
		segment(true, "rcv FIN", Segment{Flags: FIN | ACK, Seq: c.Rcv.NXT, Ack: before})
	} else {
		segment(false, "rcv FIN, ACK of FIN", Segment{})
		segment(!peerDone(c.State), "rcv FIN", Segment{Flags: FIN | ACK, Seq: c.Rcv.NXT, Ack: before})
	}
	old := Options{HasTimestamps: true, TSVal: c.tsRecent - 1}
	segment(peerDone(c.State), "rcv FIN again", Segment{Flags: FIN | ACK, Seq: c.Rcv.NXT - 1, Ack: seen})
	segment(true, "rcv data", Segment{Flags: ACK, Seq: c.Rcv.NXT, Ack: before, Data: []byte("x")})
	segment(true, "rcv old data", Segment{Flags: ACK, Seq: c.Rcv.NXT - 100, Ack: seen, Data: []byte("x")})
	segment(c.timestamps, "rcv old timestamp", Segment{Flags: ACK, Seq: c.Rcv.NXT, Ack: seen, Data: []byte("x"), Options: old})
}

// peerDone reports whether the peer's FIN has come.
func peerDone(s State) bool { return States(CloseWait, Closing, LastAck, TimeWait).Has(s) }

func timeouts(c Conn, add func(bool, string, Event)) {
	words := [NumTimers]string{
		Retransmission: "retransmission timeout", DelayedAck: "delayed ACK timeout", Persist: "persist timeout",
		UserTimeout: "user timeout", TimeWaitTimer: "Timeout=2MSL",
	}
	if c.State == FinWait2 {
		words[UserTimeout] = "Timeout=fin_timeout"
	}
	if c.tries > 0 {
		words[Retransmission] = "retransmissions exhausted"
	}
	for t, word := range words {
		add(c.Deadlines[t] != 0, word, Event{Kind: Expire, Timer: Timer(t)})
	}
}
