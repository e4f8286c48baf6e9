package tcp

// The rules of the machine, by where they are written down: what Output.Rule
// and Transition.Section hold.
const (
	ruleOpen  = "RFC 9293 3.10.1 OPEN"
	ruleSend  = "RFC 9293 3.10.2 SEND"
	ruleRead  = "RFC 9293 3.10.3 RECEIVE"
	ruleClose = "RFC 9293 3.10.4 CLOSE"
	ruleAbort = "RFC 9293 3.10.5 ABORT"

	ruleClosed = "RFC 9293 3.10.7.1 CLOSED"

	ruleListenReset = "RFC 9293 3.10.7.2 first, RST"
	ruleListenAck   = "RFC 9293 3.10.7.2 second, ACK"
	ruleListenSyn   = "RFC 9293 3.10.7.2 third, SYN"
	ruleListenOther = "RFC 9293 3.10.7.2 fourth, other"

	ruleSentAck   = "RFC 9293 3.10.7.3 first, ACK"
	ruleSentReset = "RFC 9293 3.10.7.3 second, RST"
	ruleSentSyn   = "RFC 9293 3.10.7.3 fourth, SYN"
	ruleSentOther = "RFC 9293 3.10.7.3 fifth, other"

	ruleSequence = "RFC 9293 3.10.7.4 first, sequence number"
	ruleReset    = "RFC 9293 3.10.7.4 second, RST"
	ruleSyn      = "RFC 9293 3.10.7.4 fourth, SYN"
	ruleAck      = "RFC 9293 3.10.7.4 fifth, ACK"
	ruleText     = "RFC 9293 3.10.7.4 seventh, text"
	ruleFin      = "RFC 9293 3.10.7.4 eighth, FIN"

	ruleUserTimeout    = "RFC 9293 3.10.8 user timeout"
	ruleRetransmission = "RFC 9293 3.10.8 retransmission timeout"
	ruleTimeWaitEnd    = "RFC 9293 3.10.8 TIME-WAIT timeout"
	ruleDelayedAck     = "RFC 9293 3.8.6.3 delayed ACK"
	rulePersist        = "RFC 9293 3.8.6.1 zero-window probe"

	ruleHalfDuplex = "RFC 9293 3.6.1 half-duplex close, SHLD-3"
	ruleReopen     = "RFC 9293 3.6.1 MAY-2"
	ruleRFC6191    = "RFC 6191 section 2"
	ruleRFC1337    = "RFC 1337 fix F1"
	rulePAWS       = "RFC 7323 5.3 R1"
	ruleNoStamp    = "RFC 7323 3.2 timestamps missing"

	ruleLinuxFinTimeout = "Linux tcp_fin_timeout"
	ruleLinuxTimeWait   = "Linux tcp_timewait_state_process, TIME_WAIT"
	ruleLinuxFinWait2   = "Linux tcp_timewait_state_process, FIN_WAIT2"
	ruleLinuxRequest    = "Linux tcp_check_req"
)
