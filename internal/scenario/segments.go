package scenario

import (
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/tcp"
)

// states are the names of the states that sockets can be counted in.
func states() map[string]tcp.State {
	return map[string]tcp.State{
		"established": tcp.Established, "syn_sent": tcp.SynSent, "syn_recv": tcp.SynRecv, "fin_wait1": tcp.FinWait1,
		"fin_wait2": tcp.FinWait2, "time_wait": tcp.TimeWait, "close_wait": tcp.CloseWait, "last_ack": tcp.LastAck,
		"listen": tcp.Listen, "closing": tcp.Closing,
	}
}

// state reads a state by the kernel's name or the RFC's.
func (d *decoder) state(n *node) tcp.State {
	text := d.text(n)
	word := strings.ReplaceAll(strings.ToLower(text), "-", "_")
	known := states()
	known["closed"], known["close"] = tcp.Close, tcp.Close
	known["fin_wait_1"], known["fin_wait_2"], known["syn_received"] = tcp.FinWait1, tcp.FinWait2, tcp.SynRecv
	s, ok := known[word]
	if !ok && n.kind == scalar {
		var words []string
		for w := range known {
			words = append(words, strings.ToUpper(w))
		}
		d.wrong(n, "%q is no state of TCP: %s", text, instead(strings.ToUpper(word), words))
	}
	return s
}

// flagNames are the control bits by name.
func flagNames() map[string]tcp.Flags {
	return map[string]tcp.Flags{
		"FIN": tcp.FIN, "SYN": tcp.SYN, "RST": tcp.RST, "PSH": tcp.PSH, "ACK": tcp.ACK, "URG": tcp.URG, "ECE": tcp.ECE, "CWR": tcp.CWR,
	}
}

func (d *decoder) flags(n *node, text string) tcp.Flags {
	var out tcp.Flags
	for word := range strings.SplitSeq(text, "+") {
		f, ok := flagNames()[strings.TrimSpace(word)]
		if !ok && text != "none" && n.kind == scalar {
			var words []string
			for w := range flagNames() {
				words = append(words, w)
			}
			d.wrong(n, "%q is no flag of a segment: %s", word, instead(word, words))
		}
		out |= f
	}
	return out
}

// match reads which segments are meant: "any", "data", or flags, which may be
// followed by "with data" or "without data".
func (d *decoder) match(n *node) Match {
	text := d.text(n)
	yes, no := true, false
	switch text {
	case "any":
		return Match{Any: true}
	case "data":
		return Match{Flags: tcp.ACK, Data: &yes}
	}
	if flags, ok := strings.CutSuffix(text, " with data"); ok {
		return Match{Flags: d.flags(n, flags), Data: &yes}
	}
	if flags, ok := strings.CutSuffix(text, " without data"); ok {
		return Match{Flags: d.flags(n, flags), Data: &no}
	}
	return Match{Flags: d.flags(n, text)}
}

// errnos are the errors that socket calls can give.
func errnos() []string {
	return []string{
		"EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF", "ECONNABORTED", "ECONNREFUSED",
		"ECONNRESET", "EDESTADDRREQ", "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EISCONN", "EMFILE", "ENETDOWN", "ENETUNREACH",
		"ENFILE", "ENOBUFS", "ENOMEM", "ENOPROTOOPT", "ENOTCONN", "EPERM", "EPIPE", "EPROTO", "ETIMEDOUT", "EOPNOTSUPP",
	}
}

// errno reads an error's name; "none" is success, "timeout" that the call did
// not end in its time.
func (d *decoder) errno(n *node) string {
	text := d.text(n)
	if text == "none" {
		return ""
	}
	if text != "timeout" && !slices.Contains(errnos(), text) && n.kind == scalar {
		d.wrong(n, "%q is no error of a call: %s", text, instead(text, append(errnos(), "none", "timeout")))
	}
	return text
}
