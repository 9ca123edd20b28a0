package state

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// process tells a process from others that had, or have elsewhere, the same
// number. Fields are empty where the system does not tell them.
type process struct {
	boot      string // changes when the machine restarts
	namespace string // of process numbers; containers have their own
	birth     string // start in clock ticks since boot
}

// identity resolves the defaults of o.
func (o Owner) identity() (host string, pid int, who process) {
	host, pid = o.Host, o.PID
	if pid == 0 {
		pid = os.Getpid()
	}
	if host == "" {
		host = hostname()
	}
	if host == hostname() {
		who = identify(pid)
	}
	return host, pid, who
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown host"
	}
	return name
}

// identify describes the process pid of this machine.
func identify(pid int) process {
	_, birth := stat(pid)
	return process{boot: boot(), namespace: namespace(), birth: birth}
}

func boot() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

func namespace() string {
	name, _ := os.Readlink("/proc/self/ns/pid")
	return name
}

// stat returns fields 3 and 22 of /proc/<pid>/stat (proc_pid_stat(5)): state
// letter and start time; both empty where there is no such file.
func stat(pid int) (state, birth string) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", ""
	}
	return parseStat(string(text))
}

func parseStat(text string) (state, birth string) {
	// Field 2 is the name of the program in parentheses and may hold both
	// spaces and parentheses.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return "", ""
	}
	return fields[0], fields[19]
}

// gone reports whether the process of number pid on this machine has certainly
// ended. In doubt it has not.
func (p process) gone(pid int) bool {
	here := identify(pid)
	if p.boot != here.boot {
		return true
	}
	if p.namespace != here.namespace {
		return false // its number means nothing here
	}
	return !alive(pid) || p.birth != "" && here.birth != "" && p.birth != here.birth
}

// alive reports whether a process pid exists. One that only waits for its
// parent to notice its end does not count.
func alive(pid int) bool {
	if state, _ := stat(pid); state == "Z" || state == "X" {
		return false
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
