package journal

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Book is the shared memory: a post per worker and an entry per connection.
type Book struct {
	file    *os.File
	data    []byte
	posts   []Post
	entries []Entry
}

// header tells whoever opens a book how it is divided.
type header struct {
	magic   uint64
	workers uint64
	entries uint64
	_       [pageSize - 24]byte
}

const (
	pageSize        = 4096
	magic    uint64 = 0x6e616d65706c6174
)

// Post is what one worker tells the primary without a system call. It fills a pair of
// cache lines, so that workers do not slow each other down.
type Post struct {
	Closed   atomic.Uint64 // connections that the present worker of the slot has closed or given back
	InFlight atomic.Int64  // requests that it carries out now
	given    atomic.Uint32 // the last entry on the list of those closed or given back; plus one
	_        [108]byte
}

// Clear makes a post ready for the next worker of its slot.
func (p *Post) Clear() {
	p.Closed.Store(0)
	p.InFlight.Store(0)
}

// Create makes a book. Its memory has no name in any file system and is gone with the
// last process that holds it; pages are taken as entries are used.
func Create(workers, entries int) (*Book, error) {
	fd, err := unix.MemfdCreate("nameplate-journal", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create shared memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "journal")
	if err := unix.Ftruncate(fd, size(workers, entries)); err != nil {
		file.Close()
		return nil, fmt.Errorf("size shared memory: %w", err)
	}
	b := &Book{file: file}
	if err := b.mapped(workers, entries); err != nil {
		file.Close()
		return nil, err
	}
	*(*header)(unsafe.Pointer(&b.data[0])) = header{magic: magic, workers: uint64(workers), entries: uint64(entries)}
	return b, nil
}

// Open opens a book that another process has made, and owns the file from then on.
func Open(file *os.File) (*Book, error) {
	b := &Book{file: file}
	var h header
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&h)), 24)
	_, err := file.ReadAt(raw, 0)
	switch info, stat := file.Stat(); {
	case err != nil:
		err = fmt.Errorf("open shared memory: read its header: %w", err)
	case stat != nil:
		err = fmt.Errorf("open shared memory: %w", stat)
	case h.magic != magic:
		err = fmt.Errorf("open shared memory: this is no journal")
	case h.workers < 1 || h.workers > 1<<16 || h.entries > 1<<24 ||
		info.Size() != size(int(h.workers), int(h.entries)):
		err = fmt.Errorf("open shared memory: %d bytes are not a journal of %d workers and %d connections", info.Size(),
			h.workers, h.entries)
	default:
		err = b.mapped(int(h.workers), int(h.entries))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return b, nil
}

func postsSize(workers int) int {
	return (workers*int(unsafe.Sizeof(Post{})) + pageSize - 1) &^ (pageSize - 1)
}

func size(workers, entries int) int64 {
	return pageSize + int64(postsSize(workers)) + int64(entries)*int64(unsafe.Sizeof(Entry{}))
}

func (b *Book) mapped(workers, entries int) (err error) {
	b.data, err = unix.Mmap(int(b.file.Fd()), 0, int(size(workers, entries)), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map shared memory: %w", err)
	}
	// The mapping is page-aligned, and so are posts and entries.
	b.posts = unsafe.Slice((*Post)(unsafe.Pointer(&b.data[pageSize])), workers)
	if entries > 0 {
		b.entries = unsafe.Slice((*Entry)(unsafe.Pointer(&b.data[pageSize+postsSize(workers)])), entries)
	}
	return nil
}

// File is what another process needs to open the book.
func (b *Book) File() *os.File { return b.file }

// Workers is the number of posts.
func (b *Book) Workers() int { return len(b.posts) }

// Entries is the number of entries.
func (b *Book) Entries() int { return len(b.entries) }

// Post returns the post of a slot, 1 and up.
func (b *Book) Post(slot int) *Post { return &b.posts[slot-1] }

// Entry returns an entry by its number, 0 and up.
func (b *Book) Entry(n int) *Entry { return &b.entries[n] }

// CloseFile closes the file; the memory stays mapped, and can be used.
func (b *Book) CloseFile() { b.file.Close() }

// Close releases the memory; no post or entry may be used any more.
func (b *Book) Close() {
	_ = unix.Munmap(b.data) // fails only for memory that is not mapped
	b.file.Close()
}

// give puts an entry that a worker is done with on its list for the primary.
func (b *Book) give(p *Post, n int) {
	e := &b.entries[n]
	for {
		last := p.given.Load()
		e.next.Store(last)
		if p.given.CompareAndSwap(last, uint32(n)+1) {
			return
		}
	}
}

// Given empties the list of a worker, and calls f for each entry on it. An entry that
// the worker was about to put on it when it ended is not there; it is closed or
// returned all the same.
func (b *Book) Given(p *Post, f func(n int)) {
	at := p.given.Swap(0)
	for range b.entries { // a list that a worker has made nonsense of ends too
		n := int(at) - 1
		if n < 0 || n >= len(b.entries) {
			return
		}
		at = b.entries[n].next.Load()
		f(n)
	}
}
