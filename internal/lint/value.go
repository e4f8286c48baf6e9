package lint

import (
	"math"
	"strconv"
	"strings"
)

// ints reads integers as the kernel's proc_dointvec does: blanks separate,
// 0x means hexadecimal and a leading 0 octal, a number must be followed by a
// blank or the end, and reading stops after most numbers: what follows is not
// looked at. So "1 # on" is 1, and "1#on" is refused. ok is false where the
// kernel answers EINVAL.
func ints(text string, most int) (numbers []int64, ok bool) {
	for _, word := range strings.FieldsFunc(text, blank) {
		if len(numbers) == most {
			break
		}
		n, good := integer(word)
		if !good {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, len(numbers) > 0
}

// blank is a character that the kernel skips between numbers (isspace).
func blank(r rune) bool { return strings.ContainsRune(" \t\n\v\f\r", r) }

// integer reads a number as simple_strtoul with base 0 does.
func integer(word string) (int64, bool) {
	digits, negative := strings.CutPrefix(word, "-")
	base := 10
	switch {
	case len(digits) > 2 && (digits[:2] == "0x" || digits[:2] == "0X"):
		base, digits = 16, digits[2:]
	case len(digits) > 1 && digits[0] == '0':
		base, digits = 8, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 63)
	if err != nil {
		return 0, false
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}

// limit is a range of values that the kernel takes, both ends included.
type limit struct{ low, high int64 }

func (l limit) has(n int64) bool { return l.low <= n && n <= l.high }

// The widths of the kernel's settings.
func anyInt() limit   { return limit{math.MinInt32, math.MaxInt32} }
func byteSize() limit { return limit{0, math.MaxUint8} }

// seconds is what the kernel keeps in ticks: it refuses more than INT_MAX / HZ,
// and HZ is 100 at least.
func seconds() limit { return limit{math.MinInt32, math.MaxInt32 / 100} }

// sameValue compares values as the kernel would: numbers by their value,
// other texts with blanks folded.
func sameValue(a, b string) bool {
	x, y := strings.FieldsFunc(a, blank), strings.FieldsFunc(b, blank)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		n, ok1 := integer(x[i])
		m, ok2 := integer(y[i])
		if x[i] != y[i] && !(ok1 && ok2 && n == m) {
			return false
		}
	}
	return true
}
