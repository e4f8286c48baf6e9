package remedy

import "slices"

// The remedies.
const (
	ContinueProcess Code = "continue-process"
	CloseAtEnd      Code = "close-at-end"
	PeerCloses      Code = "peer-closes"
	FindLostAnswers Code = "find-lost-answers"
	KeepAlive       Code = "keep-alive"
	FewerAtOnce     Code = "fewer-at-once"
	ServeKeepAlive  Code = "serve-keep-alive"
	OtherSideFirst  Code = "other-side-closes-first"
	ReservePorts    Code = "reserve-ports"
	BackToDefault   Code = "back-to-default"
	WiderRange      Code = "wider-range"
	MoreAddresses   Code = "more-addresses"
	NoExplicitBind  Code = "no-explicit-bind"
	MoreBuckets     Code = "more-buckets"
	TimestampsOn    Code = "timestamps-on"
	Reuse           Code = "tw-reuse"
	ReuseSooner     Code = "tw-reuse-delay"
	ShorterOrphans  Code = "shorter-orphans"
	FewerRetries    Code = "fewer-retries"
)

// tiers is the order in which remedies are to be tried: first what lets the cause
// go away, then who closes first, then room, then what leans on timestamps, then
// what shortens a protection. Those of one tier are equally safe.
func tiers() [][]Code {
	return [][]Code{
		{ContinueProcess},
		{CloseAtEnd},
		{PeerCloses},
		{FindLostAnswers},
		{KeepAlive, FewerAtOnce, ServeKeepAlive},
		{OtherSideFirst},
		{ReservePorts},
		{BackToDefault},
		{WiderRange, MoreAddresses, NoExplicitBind},
		{MoreBuckets},
		{TimestampsOn, Reuse},
		{ReuseSooner, ShorterOrphans, FewerRetries},
	}
}

// codes is the same order, of those of one tier as well: it decides where no
// forecast does.
func codes() []Code { return slices.Concat(tiers()...) }

func place(c Code) int { return slices.Index(codes(), c) }

// sorted puts settings in the order in which they must be written, those of a
// namespace together.
func sorted(settings []Setting) []Setting {
	order := []string{
		keyReserved, keyRange, keyRecycle, keyBuckets, keyTimestamps, keyReuse, keyReuseDelay, keyFinTimeout, keyRetries,
	}
	namespaces := make(map[string]int)
	for _, s := range settings {
		if _, known := namespaces[s.Namespace]; !known {
			namespaces[s.Namespace] = len(namespaces)
		}
	}
	slices.SortStableFunc(settings, func(a, b Setting) int {
		if a.Namespace != b.Namespace {
			return namespaces[a.Namespace] - namespaces[b.Namespace]
		}
		return slices.Index(order, a.Key) - slices.Index(order, b.Key)
	})
	return settings
}
