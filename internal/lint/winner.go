package lint

// Winner returns the assignment of key that a program leaves in force when it
// reads the files of a system; false if there is none.
func (s *System) Winner(program Program, key string) (Assignment, bool) {
	key = Canonical(key)
	var lines []Assignment
	for _, file := range s.Order[program] {
		lines = append(lines, s.Texts[file].Assignments...)
	}
	w, ok := decide(lines, program, []string{key})[key]
	return w.Assignment, ok
}
