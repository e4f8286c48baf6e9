package json

import "github.com/linger-dev/linger/internal/why"

// The schemas of `linger why`: about a port, and about a destination.
const (
	WhyBindSchema    = "linger.why-bind/1"
	WhyConnectSchema = "linger.why-connect/1"
)

type whyBind struct {
	Schema string `json:"schema"`
	Errno  string `json:"errno"` // the first error of bind() and listen(); empty if there is none
	*why.Bind
}

type whyConnect struct {
	Schema string `json:"schema"`
	*why.Connect
}

// WhyBind writes the object of `linger why PORT`.
func (r *Reporter) WhyBind(a *why.Bind) error {
	out := *a
	out.Gaps, out.Cures = orEmpty(a.Gaps), orEmpty(a.Cures)
	return r.write(whyBind{WhyBindSchema, string(a.Errno()), &out})
}

// WhyConnect writes the object of `linger why ADDR:PORT`.
func (r *Reporter) WhyConnect(a *why.Connect) error {
	out := *a
	out.Gaps, out.Cures, out.Spenders, out.Owners = orEmpty(a.Gaps), orEmpty(a.Cures), orEmpty(a.Spenders), orEmpty(a.Owners)
	return r.write(whyConnect{WhyConnectSchema, &out})
}
