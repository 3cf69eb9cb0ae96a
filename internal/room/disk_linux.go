package room

import "golang.org/x/sys/unix"

// disk says how many bytes of a folder's disk are free to this user, and whether it takes writes at all.
func disk(dir string) (free int64, readOnly, known bool) {
	var stat unix.Statfs_t
	if unix.Statfs(dir, &stat) != nil {
		return 0, false, false
	}
	return int64(stat.Bavail) * int64(stat.Bsize), stat.Flags&unix.ST_RDONLY != 0, true
}
