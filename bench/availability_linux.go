package bench

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// AvailableMemory is how many bytes a new process can use without swapping and
// without being killed for what its control group may have; 0 when unknown.
func AvailableMemory() int64 { return availableMemory(os.DirFS("/")) }

func availableMemory(root fs.FS) int64 {
	free, ok := numberAfter(root, "proc/meminfo", "MemAvailable:")
	if !ok {
		return 0
	}
	free <<= 10 // from kilobytes
	for _, g := range memoryGroups(root) {
		if left, ok := g.left(root); ok {
			free = min(free, left)
		}
	}
	return max(free, 1) // 0 would be unknown
}

// memoryGroup is a control group that limits memory: its folder, and the names
// of its files in either version of the interface (Linux's documentation,
// admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).
type memoryGroup struct{ dir, limit, usage, cache string }

// left is its limit less what is in use and could not be dropped; ok is false
// without a limit.
func (g memoryGroup) left(root fs.FS) (int64, bool) {
	limit, ok := number(root, path.Join(g.dir, g.limit)) // "max" is none
	if !ok {
		return 0, false
	}
	used, ok := number(root, path.Join(g.dir, g.usage))
	if !ok {
		return 0, false
	}
	cache, _ := numberAfter(root, path.Join(g.dir, "memory.stat"), g.cache)
	return limit - used + cache, true
}

// memoryGroups are the groups of this process, and those that they are in.
func memoryGroups(root fs.FS) (groups []memoryGroup) {
	mine, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(mine)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		var g memoryGroup
		var mount, of string
		switch {
		case fields[1] == "":
			g = memoryGroup{limit: "memory.max", usage: "memory.current", cache: "inactive_file"}
			mount, of = mounted(root, "cgroup2", "")
		case hasOption(fields[1], "memory"):
			g = memoryGroup{limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", cache: "total_inactive_file"}
			mount, of = mounted(root, "cgroup", "memory")
		}
		if mount == "" {
			continue
		}
		// In a container, what is mounted is often its own group.
		inside := strings.TrimPrefix(strings.TrimPrefix(fields[2], of), "/")
		for at := path.Join(mount, path.Join("/", inside)); ; at = path.Dir(at) {
			g.dir = at
			groups = append(groups, g)
			if at == mount {
				break
			}
		}
	}
	return groups
}

// mounted finds where a control group file system is, relative to the root, and
// which of its folders is there; see proc_pid_mountinfo(5).
func mounted(root fs.FS, kind, controller string) (at, of string) {
	info, err := fs.ReadFile(root, "proc/self/mountinfo")
	if err != nil {
		return "", ""
	}
	for line := range strings.Lines(string(info)) {
		before, after, ok := strings.Cut(strings.TrimSpace(line), " - ")
		mount, filesystem := strings.Fields(before), strings.Fields(after)
		if ok && len(mount) >= 5 && len(filesystem) >= 3 && filesystem[0] == kind &&
			(controller == "" || hasOption(filesystem[2], controller)) {
			return strings.TrimPrefix(path.Clean("/"+mount[4]), "/"), strings.TrimSuffix(mount[3], "/")
		}
	}
	return "", ""
}

func hasOption(list, option string) bool {
	for o := range strings.SplitSeq(list, ",") {
		if o == option {
			return true
		}
	}
	return false
}

func number(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return n, err == nil
}

// numberAfter is the number behind a word at the start of a line.
func numberAfter(root fs.FS, name, word string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) >= 2 && string(fields[0]) == word {
			n, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
