package scenario

// kind is what a node is.
type kind string

const (
	scalar  kind = "a value"
	list    kind = "a list"
	mapping kind = "a mapping"
	nothing kind = "nothing"
	// broken stands where an error was reported already: it causes no others.
	broken kind = "broken"
)

// node is a piece of the file with its place. Nodes are never changed once
// they are read: variables and mutants make new ones.
type node struct {
	kind         kind
	line, column int
	text         string // of a scalar
	items        []*node
	pairs        []pair
}

type pair struct{ key, value *node }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// key returns a key itself, to point at; without it the mapping.
func (n *node) key(name string) *node {
	for _, p := range n.pairs {
		if p.key.text == name {
			return p.key
		}
	}
	return n
}
