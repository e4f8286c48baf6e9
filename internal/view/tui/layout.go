package tui

// The panes, in the order of the screen.
const (
	paneStates = iota
	paneFindings
	paneDestinations
	paneOwners
	numPanes
)

// crowded is the height below which the panes do not share the screen.
const crowded = 4 * 4

// share divides height lines among panes that need that many rows below their
// heading. Everyone gets a little, then the focused one what it needs, then
// the others; lines that nobody needs stay empty. Where there is no room for
// all, or zoomed, the focused one has everything. A pane of height 0 is not
// shown.
func share(need [numPanes]int, height, focus int, zoomed bool) (heights [numPanes]int) {
	if zoomed || height < crowded {
		heights[focus] = max(0, height)
		return heights
	}
	// A host has a handful of states, and the worst findings come first.
	least := [numPanes]int{paneStates: 5, paneFindings: 2, paneDestinations: 2, paneOwners: 2}
	left := height
	for i := range heights {
		heights[i] = 1 + min(1, need[i])
		left -= heights[i]
	}
	give := func(pane, want int) {
		n := min(left, max(0, 1+want-heights[pane]))
		heights[pane] += n
		left -= n
	}
	for i := range heights {
		give(i, min(need[i], least[i]))
	}
	const seen = 3 // of a pane that is not in the focus, before the focused one takes all
	for _, i := range []int{paneDestinations, paneOwners, paneFindings} {
		give(i, min(need[i], seen))
	}
	for _, i := range []int{focus, paneStates, paneDestinations, paneOwners, paneFindings} {
		give(i, need[i])
	}
	return heights
}
