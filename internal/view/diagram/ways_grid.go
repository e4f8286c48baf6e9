package diagram

import "github.com/linger-dev/linger/internal/tcp"

// The terminal's grid. Three columns of boxes fill 80 exactly, with one lane
// at the left edge.
const (
	gridWidth  = 80
	gridHeight = 51
)

func gridBoxes() []box {
	const left, middle, right, width = 2, 33, 65, 15
	at := func(s tcp.State, x, y, height int) box { return box{s, point{x, y}, point{width, height}} }
	return []box{
		at(tcp.Close, middle, 0, 4),
		at(tcp.Listen, middle, 7, 3),
		at(tcp.SynRecv, left, 14, 6),
		at(tcp.SynSent, right, 14, 6),
		at(tcp.Established, middle, 23, 3),
		at(tcp.FinWait1, left, 29, 5),
		at(tcp.CloseWait, right, 29, 3),
		at(tcp.FinWait2, left, 37, 3),
		at(tcp.Closing, middle, 37, 3),
		at(tcp.LastAck, right, 37, 3),
		at(tcp.TimeWait, middle, 44, 4),
		at(tcp.Close, right, 44, 3),
	}
}

// gridWays has the same pairs as pictureWays. No way crosses another or a
// label.
func gridWays() map[pair]way {
	const before, after = -1, 1 // labels that end or begin at a place
	return map[pair]way{
		{tcp.Close, tcp.Listen}:    {[]point{{36, 4}, {36, 6}}, spot{point{34, 4}, before, 28, 3, false}},
		{tcp.Listen, tcp.Close}:    {[]point{{44, 6}, {44, 4}}, spot{point{46, 4}, after, 11, 3, false}},
		{tcp.Close, tcp.SynSent}:   {[]point{{48, 1}, {76, 1}, {76, 13}}, spot{point{50, 0}, after, 26, 1, true}},
		{tcp.SynSent, tcp.Close}:   {[]point{{68, 13}, {68, 2}, {48, 2}}, spot{point{66, 4}, before, 9, 8, false}},
		{tcp.Listen, tcp.SynRecv}:  {[]point{{36, 10}, {36, 15}, {17, 15}}, spot{point{34, 11}, before, 24, 3, false}},
		{tcp.Listen, tcp.SynSent}:  {[]point{{44, 10}, {44, 15}, {64, 15}}, spot{point{46, 11}, after, 20, 3, false}},
		{tcp.SynSent, tcp.SynRecv}: {[]point{{64, 17}, {17, 17}}, spot{point{40, 16}, 0, 46, 1, true}},
		{tcp.SynRecv, tcp.Established}: {
			[]point{{17, 18}, {36, 18}, {36, 22}},
			spot{point{34, 19}, before, 17, 4, false},
		},
		{tcp.SynSent, tcp.Established}: {
			[]point{{64, 18}, {44, 18}, {44, 22}},
			spot{point{46, 19}, after, 18, 4, false},
		},
		{tcp.SynRecv, tcp.FinWait1}:      {[]point{{6, 20}, {6, 28}}, spot{point{8, 23}, after, 24, 4, false}},
		{tcp.Established, tcp.FinWait1}:  {[]point{{36, 26}, {36, 30}, {17, 30}}, spot{point{34, 27}, before, 18, 3, false}},
		{tcp.Established, tcp.CloseWait}: {[]point{{44, 26}, {44, 30}, {64, 30}}, spot{point{46, 27}, after, 18, 3, false}},
		{tcp.FinWait1, tcp.FinWait2}:     {[]point{{9, 34}, {9, 36}}, spot{point{11, 34}, after, 17, 3, false}},
		{tcp.FinWait1, tcp.Closing}:      {[]point{{17, 31}, {40, 31}, {40, 36}}, spot{point{42, 33}, after, 14, 4, false}},
		{tcp.FinWait1, tcp.TimeWait}: {
			[]point{{17, 32}, {30, 32}, {30, 45}, {32, 45}},
			spot{point{28, 37}, before, 11, 4, false},
		},
		{tcp.FinWait2, tcp.TimeWait}: {[]point{{9, 40}, {9, 46}, {32, 46}}, spot{point{11, 42}, after, 18, 4, false}},
		{tcp.CloseWait, tcp.LastAck}: {[]point{{77, 32}, {77, 36}}, spot{point{75, 33}, before, 18, 4, false}},
		{tcp.Closing, tcp.TimeWait}:  {[]point{{40, 40}, {40, 43}}, spot{point{42, 40}, after, 19, 3, false}},
		{tcp.LastAck, tcp.Close}:     {[]point{{77, 40}, {77, 43}}, spot{point{75, 40}, before, 14, 4, false}},
		{tcp.TimeWait, tcp.Close}:    {[]point{{48, 45}, {64, 45}}, spot{point{56, 44}, 0, 15, 1, true}},
		{tcp.TimeWait, tcp.SynRecv}: {
			[]point{{40, 48}, {40, 50}, {0, 50}, {0, 16}, {1, 16}},
			spot{point{42, 48}, after, 37, 3, false},
		},
	}
}
