package vmtest

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Newest is the series that stands for the newest kernel there is.
const Newest = "newest"

const (
	imagePrefix = "linux-image-"
	flavour     = "-cloud-amd64"
)

// choose returns, for each series ("6.1", or Newest), the release with the
// highest number among the names of packages, such as
// "6.12.117+deb13-cloud-amd64". A series without a kernel is missing in the
// answer.
func choose(packages, series []string) map[string]string {
	chosen := map[string]string{}
	for _, name := range packages {
		release, is := strings.CutPrefix(strings.TrimSpace(name), imagePrefix)
		numbers := numbers(strings.TrimSuffix(release, flavour))
		// "6.1-cloud-amd64" is a meta-package, not a kernel.
		if !is || !strings.HasSuffix(release, flavour) || len(numbers) < 3 {
			continue
		}
		for _, s := range series {
			if s != Newest && s != seriesOf(release) {
				continue
			}
			if best, some := chosen[s]; !some || slices.Compare(numbers, releaseNumbers(best)) > 0 {
				chosen[s] = release
			}
		}
	}
	return chosen
}

// seriesOf returns the first two numbers of a release: "6.12".
func seriesOf(release string) string {
	n := releaseNumbers(release)
	if len(n) < 2 {
		return release
	}
	return strconv.Itoa(n[0]) + "." + strconv.Itoa(n[1])
}

func releaseNumbers(release string) []int { return numbers(strings.TrimSuffix(release, flavour)) }

// numbers returns all numbers in a text. Longer runs of digits than an int
// holds end it.
func numbers(text string) (all []int) {
	for digits := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsDigit(r) }) {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return all
		}
		all = append(all, n)
	}
	return all
}
