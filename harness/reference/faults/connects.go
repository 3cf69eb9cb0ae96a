package faults

import "errors"

// connects is what each worker process has done to connect to its database, by process id.
type connects map[int]connected

// connected is what one worker keeps open, and its attempts to connect so far.
type connected struct {
	size     int
	attempts uint64
}

// connects reads what the workers say.
func (f *fault) connects() (connects, error) {
	r, err := f.healthOfWorkers()
	if err != nil {
		return nil, err
	}
	all := connects{}
	for _, w := range r.Workers {
		if w.Database == nil {
			return nil, errors.New("GET /health/workers: the connections to the database are missing")
		}
		all[*w.PID] = connected{w.Database.Size, w.Database.Attempts}
	}
	return all, nil
}

// since is the number of attempts since an earlier reading, but for those with which a worker
// that has come since has filled its pool.
func (c connects) since(earlier connects) int {
	n := 0
	for pid, now := range c {
		before, known := earlier[pid]
		if known {
			n += int(now.attempts) - int(before.attempts)
		} else {
			n += int(now.attempts) - now.size
		}
	}
	return n
}

// size is the number of connections that all pools keep.
func (c connects) size() int {
	n := 0
	for _, w := range c {
		n += w.size
	}
	return n
}
