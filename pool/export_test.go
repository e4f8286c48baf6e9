package pool

// Busy reports whether a call on c is under way.
func (c *Conn) Busy() bool { return c.ops.Load() > 0 }
