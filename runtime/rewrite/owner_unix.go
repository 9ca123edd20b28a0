//go:build unix

package rewrite

import (
	"os"
	"syscall"
)

// own gives f the owner and the group of another file, as far as we may.
func own(f *os.File, of os.FileInfo) {
	if st, ok := of.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
