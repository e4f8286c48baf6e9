package pool

// The keys of what is logged.
const (
	keyNetwork = "network"
	keyAddress = "address"
	keyLocal   = "local"
	keyReason  = "reason"
	keyError   = "err"
)
