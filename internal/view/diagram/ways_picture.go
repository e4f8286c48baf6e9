package diagram

import "github.com/linger-dev/linger/internal/tcp"

// The picture, in pixels; the figure begins below the title.
const (
	pictureWidth = 1060
	figureHeight = 890
)

func pictureBoxes() []box {
	const left, middle, right, width = 115, 455, 795, 150
	at := func(s tcp.State, x, y, height int) box { return box{s, point{x, y}, point{width, height}} }
	return []box{
		at(tcp.Close, middle, 6, 58),
		at(tcp.Listen, middle, 138, 46),
		at(tcp.SynRecv, left, 228, 92),
		at(tcp.SynSent, right, 228, 92),
		at(tcp.Established, middle, 386, 46),
		at(tcp.FinWait1, left, 478, 92),
		at(tcp.CloseWait, right, 478, 46),
		at(tcp.FinWait2, left, 638, 46),
		at(tcp.Closing, middle, 638, 46),
		at(tcp.LastAck, right, 638, 46),
		at(tcp.TimeWait, middle, 766, 64),
		at(tcp.Close, right, 766, 46),
	}
}

// pictureWays has every pair of states that figure 5 has an arrow for, that of
// its note 2, and the one that begins a connection anew out of TIME-WAIT. No
// way crosses another or a label.
func pictureWays() map[pair]way {
	const before, after = -1, 1 // labels that end or begin at a place
	return map[pair]way{
		{tcp.Close, tcp.Listen}:    {[]point{{500, 64}, {500, 138}}, spot{point{490, 98}, before, 30, 3, false}},
		{tcp.Listen, tcp.Close}:    {[]point{{560, 138}, {560, 64}}, spot{point{570, 98}, after, 18, 3, false}},
		{tcp.Close, tcp.SynSent}:   {[]point{{605, 22}, {900, 22}, {900, 228}}, spot{point{910, 98}, after, 22, 6, false}},
		{tcp.SynSent, tcp.Close}:   {[]point{{840, 228}, {840, 48}, {605, 48}}, spot{point{830, 98}, before, 18, 6, false}},
		{tcp.Listen, tcp.SynRecv}:  {[]point{{500, 184}, {500, 244}, {265, 244}}, spot{point{490, 214}, before, 30, 2, false}},
		{tcp.Listen, tcp.SynSent}:  {[]point{{560, 184}, {560, 244}, {795, 244}}, spot{point{570, 214}, after, 30, 2, false}},
		{tcp.SynSent, tcp.SynRecv}: {[]point{{795, 278}, {265, 278}}, spot{point{530, 271}, 0, 60, 1, true}},
		{tcp.SynRecv, tcp.Established}: {
			[]point{{265, 304}, {500, 304}, {500, 386}},
			spot{point{490, 326}, before, 30, 4, false},
		},
		{tcp.SynSent, tcp.Established}: {
			[]point{{795, 304}, {560, 304}, {560, 386}},
			spot{point{570, 326}, after, 30, 4, false},
		},
		{tcp.SynRecv, tcp.FinWait1}:      {[]point{{160, 320}, {160, 478}}, spot{point{170, 398}, after, 36, 4, false}},
		{tcp.Established, tcp.FinWait1}:  {[]point{{500, 432}, {500, 496}, {265, 496}}, spot{point{490, 462}, before, 32, 2, false}},
		{tcp.Established, tcp.CloseWait}: {[]point{{560, 432}, {560, 501}, {795, 501}}, spot{point{570, 462}, after, 32, 2, false}},
		{tcp.FinWait1, tcp.FinWait2}:     {[]point{{190, 570}, {190, 638}}, spot{point{200, 602}, after, 20, 2, false}},
		{tcp.FinWait1, tcp.Closing}:      {[]point{{265, 524}, {530, 524}, {530, 638}}, spot{point{540, 580}, after, 30, 3, false}},
		{tcp.FinWait1, tcp.TimeWait}: {
			[]point{{265, 552}, {350, 552}, {350, 788}, {455, 788}},
			spot{point{360, 584}, after, 22, 3, false},
		},
		{tcp.FinWait2, tcp.TimeWait}: {[]point{{190, 684}, {190, 812}, {455, 812}}, spot{point{200, 730}, after, 20, 4, false}},
		{tcp.CloseWait, tcp.LastAck}: {[]point{{870, 524}, {870, 638}}, spot{point{880, 574}, after, 26, 4, false}},
		{tcp.Closing, tcp.TimeWait}:  {[]point{{530, 684}, {530, 766}}, spot{point{540, 722}, after, 32, 3, false}},
		{tcp.LastAck, tcp.Close}:     {[]point{{870, 684}, {870, 766}}, spot{point{880, 722}, after, 26, 3, false}},
		{tcp.TimeWait, tcp.Close}:    {[]point{{605, 789}, {795, 789}}, spot{point{700, 781}, 0, 24, 2, true}},
		{tcp.TimeWait, tcp.SynRecv}: {
			[]point{{530, 830}, {530, 878}, {60, 878}, {60, 274}, {115, 274}},
			spot{point{520, 868}, before, 60, 2, true},
		},
	}
}
