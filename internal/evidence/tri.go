package evidence

import "fmt"

// Tri is a yes or no that may not be known. Its zero value is Unsure. In JSON
// it is true, false or null.
type Tri uint8

// The values of a Tri.
const (
	Unsure Tri = iota
	No
	Yes
)

// TriOf returns Yes or No.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Known reports whether the value is Yes or No.
func (t Tri) Known() bool { return t == Yes || t == No }

// May reports whether the value can be b: it is b, or not known.
func (t Tri) May(b bool) bool { return !t.Known() || t == TriOf(b) }

// String returns "yes", "no" or "?".
func (t Tri) String() string {
	switch t {
	case Yes:
		return "yes"
	case No:
		return "no"
	}
	return "?"
}

// MarshalJSON writes true, false or null.
func (t Tri) MarshalJSON() ([]byte, error) {
	switch t {
	case Yes:
		return []byte("true"), nil
	case No:
		return []byte("false"), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Tri) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		*t = Yes
	case "false":
		*t = No
	case "null":
		*t = Unsure
	default:
		return fmt.Errorf("%s is neither true, false nor null", data)
	}
	return nil
}
