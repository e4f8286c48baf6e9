package json

import (
	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/view"
)

// ClaimsSchema names the object of `linger lab run`.
const ClaimsSchema = "linger.claims/1"

// claimed is the object of `linger lab run`.
type claimed struct {
	Schema   string          `json:"schema"`
	Kernel   string          `json:"kernel"`
	Took     int64           `json:"took_ns"`
	Mutants  bool            `json:"mutants,omitempty"`
	Proved   int             `json:"proved"`
	NotSo    int             `json:"not_so"`
	Untested int             `json:"not_testable"`
	Results  []claims.Result `json:"results"`
}

// Claims writes the object of `linger lab run`.
func (r *Reporter) Claims(c view.Claims) error {
	return r.write(claimed{
		Schema: ClaimsSchema, Kernel: string(c.Kernel), Took: int64(c.Took), Mutants: c.Mutants,
		Proved: c.Count(claims.Proved), NotSo: c.Count(claims.NotSo), Untested: c.Count(claims.NotTestable),
		Results: orEmpty(c.Results),
	})
}

// CatalogueSchema names the object of `linger lab list`.
const CatalogueSchema = "linger.catalogue/1"

// Catalogue writes the object of `linger lab list`.
func (r *Reporter) Catalogue(list []view.Claim) error {
	return r.write(struct {
		Schema string       `json:"schema"`
		Claims []view.Claim `json:"claims"`
	}{CatalogueSchema, orEmpty(list)})
}
