package handover

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// post is what one worker writes for the primary to read without a system call. It
// fills a pair of cache lines, so that workers do not slow each other down.
type post struct {
	closed atomic.Uint64 // connections closed by the present worker of the slot
	_      [120]byte
}

// board is the memory that the primary and all workers share: a post per slot.
type board struct {
	file *os.File
	data []byte
}

// newBoard makes a board of zeros. The memory has no name in any file system and is
// gone with the last process that holds it.
func newBoard(slots int) (*board, error) {
	fd, err := unix.MemfdCreate("nameplate-board", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create shared memory: %w", err)
	}
	if err := unix.Ftruncate(fd, int64(slots)*int64(unsafe.Sizeof(post{}))); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("size shared memory: %w", err)
	}
	return openBoard(os.NewFile(uintptr(fd), "board"))
}

// openBoard maps a board that exists and owns its file from then on.
func openBoard(file *os.File) (*board, error) {
	info, err := file.Stat()
	if err == nil && (info.Size() == 0 || info.Size()%int64(unsafe.Sizeof(post{})) != 0) {
		err = fmt.Errorf("%d bytes are no whole number of posts", info.Size())
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open shared memory: %w", err)
	}
	data, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return &board{file, data}, nil
}

// slots is the number of posts.
func (b *board) slots() int { return len(b.data) / int(unsafe.Sizeof(post{})) }

// post returns the post of a slot, 1 and up. The mapping is page-aligned and a post's
// size a multiple of 8, as atomic access wants it.
func (b *board) post(slot int) *post {
	return (*post)(unsafe.Pointer(&b.data[(slot-1)*int(unsafe.Sizeof(post{}))]))
}

// unmap releases the memory; a post of it must not be used any more.
func (b *board) unmap() { _ = unix.Munmap(b.data) } // fails only for memory that is not mapped

func (b *board) close() {
	b.unmap()
	b.file.Close()
}
