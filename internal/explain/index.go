package explain

// For returns the names of the topics that explain a rule or a claim, the one
// to read first at the head; nil if there is none of that code. The slice is
// the caller's.
func For(code string) []string {
	if topics := rules()[code]; topics != nil {
		return topics
	}
	return claims()[code]
}

// rules says what to read about a finding, by the code of its rule.
func rules() map[string][]string {
	return map[string][]string{
		"bind-failing":          {"eaddrinuse", "bind"},
		"close-wait-leak":       {"close-wait", "process-states"},
		"closing-stuck":         {"last-ack", "nat"},
		"connect-failing":       {"eaddrnotavail", "ports"},
		"connect-slow":          {"ports", "remedies"},
		"fin-wait2-orphans":     {"fin-wait2", "close-wait"},
		"idle-setting":          {"sysctls", "folklore"},
		"ports-low":             {"ports", "remedies"},
		"ports-out":             {"eaddrnotavail", "remedies"},
		"quota-overflow":        {"quota", "counters"},
		"server-closes-first":   {"who-closes-first", "cost"},
		"service-port-in-range": {"port-range", "eaddrinuse"},
	}
}

// claims says where a claim belongs; others may name it in passing.
func claims() map[string][]string {
	return map[string][]string{
		"lost-last-ack":                    {"time-wait", "2msl"},
		"no-quota-no-last-ack":             {"quota", "time-wait"},
		"old-duplicate-refused":            {"time-wait"},
		"old-duplicate-without-time-wait":  {"time-wait", "quota"},
		"closer-keeps-time-wait":           {"who-closes-first"},
		"simultaneous-close":               {"last-ack", "states"},
		"time-wait-with-open-descriptor":   {"owner", "time-wait"},
		"file-server-keeps-time-wait":      {"who-closes-first"},
		"kill-sends-fin-or-reset":          {"process-states", "reset"},
		"reset-instead-of-close":           {"reset", "folklore"},
		"time-wait-lasts-a-minute":         {"2msl", "timers-by-kernel"},
		"repeated-fin-restarts-the-minute": {"2msl", "time-wait"},
		"reset-ends-time-wait":             {"reset", "time-wait"},
		"syn-reopens-time-wait":            {"reopen"},
		"syn-without-listener":             {"reopen", "syn"},
		"nat-timestamps-going-back":        {"nat", "timestamps"},
		"quota-refuses-the-new":            {"quota"},
		"counter-tw-counts-beginnings":     {"counters", "kernels"},
		"syncookies-change-nothing":        {"folklore", "sysctls"},
		"memory-of-a-time-wait":            {"cost"},
		"many-time-waits-cost-no-time":     {"cost"},
		"fin-wait2-orphan-life":            {"fin-wait2"},
		"ports-run-out-exactly":            {"ports", "eaddrnotavail"},
		"half-range-slowdown":              {"ports", "cost"},
		"port-range-of-odd-size":           {"port-range"},
		"reserved-ports-are-skipped":       {"port-range"},
		"bound-port-poisons":               {"bind", "eaddrnotavail"},
		"bind-address-no-port":             {"bind", "ports"},
		"local-port-range-option":          {"port-range"},
		"tw-reuse":                         {"reuse"},
		"tw-reuse-delay":                   {"reuse"},
		"tw-reuse-needs-timestamps":        {"reuse", "timestamps"},
		"fin-wait2-is-not-reused":          {"reuse", "fin-wait2"},
		"bound-port-takeover":              {"reuse"},
		"bind-over-inbound-time-wait":      {"bind", "eaddrinuse"},
		"bind-over-outbound-time-wait":     {"bind", "eaddrinuse"},
		"echo-server-restart":              {"eaddrinuse"},
		"pooling-leaves-no-time-wait":      {"pooling"},
		"stopped-process-keeps-close-wait": {"close-wait", "process-states"},
		"forked-child-keeps-connection":    {"process-states", "close-wait"},
		"forking-server-forgets-to-close":  {"process-states", "close-wait"},
		"zombie-holds-no-socket":           {"process-states"},
		"backlog-overflow":                 {"syn"},
	}
}
