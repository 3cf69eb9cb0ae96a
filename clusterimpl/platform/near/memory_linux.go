package near

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Create makes a memory for about so many accounts and sessions that other processes can
// open. It has no name in any file system, and is gone with the last process that holds it;
// pages are taken as slots are used.
func Create(accounts, sessions int) (*Memory, error) {
	accounts, sessions = slots(accounts), slots(sessions)
	fd, err := unix.MemfdCreate("nameplate-near", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create the memory of the near cache: %w", err)
	}
	file := os.NewFile(uintptr(fd), "near")
	if err := unix.Ftruncate(fd, int64(size(accounts, sessions))); err != nil {
		return nil, fmt.Errorf("size the memory of the near cache: %w", errors.Join(err, file.Close()))
	}
	data, unmap, err := shared(file, size(accounts, sessions))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return divide(data, unmap, file, accounts, sessions, true), nil
}

// Open opens a memory that another process has created, and owns the file from then on.
func Open(file *os.File) (*Memory, error) {
	var h head
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&h)), headSize)
	_, err := file.ReadAt(raw, 0)
	switch info, stat := file.Stat(); {
	case err != nil:
		err = fmt.Errorf("open the memory of the near cache: read its head: %w", err)
	case stat != nil:
		err = fmt.Errorf("open the memory of the near cache: %w", stat)
	case h.magic != magic, h.accounts > mostSlots, h.sessions > mostSlots,
		slots(int(h.accounts)) != int(h.accounts), slots(int(h.sessions)) != int(h.sessions),
		info.Size() != int64(size(int(h.accounts), int(h.sessions))):
		err = fmt.Errorf("open the memory of the near cache: %d bytes are not one of %d accounts and %d sessions",
			info.Size(), h.accounts, h.sessions)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	data, unmap, err := shared(file, size(int(h.accounts), int(h.sessions)))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return divide(data, unmap, file, int(h.accounts), int(h.sessions), false), nil
}

func shared(file *os.File, size int) (data []byte, unmap func(), err error) {
	data, err = unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map the memory of the near cache: %w", err)
	}
	return data, func() { _ = unix.Munmap(data) }, nil // fails only for memory that is not mapped
}
