package bench

import (
	"testing"
	"testing/fstest"
)

const (
	gib = 1 << 30
	v2  = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
	v1  = "30 23 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 30 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)

func TestAvailableMemory(t *testing.T) {
	meminfo := "MemTotal: 33554432 kB\nMemFree: 1 kB\nMemAvailable:   16777216 kB\n" // 16 GiB
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no groups": {map[string]string{}, 16 * gib},
		"version 2, no limit": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/a\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/user.slice/a/memory.max": "max\n", "sys/fs/cgroup/user.slice/a/memory.current": "5\n",
		}, 16 * gib},
		"version 2, own limit": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/a\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/user.slice/a/memory.max":     "4294967296\n",
			"sys/fs/cgroup/user.slice/a/memory.current": "2147483648\n",
			"sys/fs/cgroup/user.slice/a/memory.stat":    "anon 1\ninactive_file 1073741824\nactive_file 7\n",
		}, 3 * gib},
		"version 2, limit further up": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/a/b\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/user.slice/a/b/memory.max":   "8589934592\n",
			"sys/fs/cgroup/user.slice/a/b/memory.usage": "0\n",
			"sys/fs/cgroup/user.slice/memory.max":       "2147483648\n",
			"sys/fs/cgroup/user.slice/memory.current":   "1073741824\n",
		}, gib},
		"version 2, in a container": {map[string]string{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/memory.max": "2147483648\n", "sys/fs/cgroup/memory.current": "1073741824\n",
		}, gib},
		"version 2, more than the machine": {map[string]string{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/memory.max": "1099511627776\n", "sys/fs/cgroup/memory.current": "0\n",
		}, 16 * gib},
		"version 2, nothing left": {map[string]string{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/memory.max": "4096\n", "sys/fs/cgroup/memory.current": "8192\n",
		}, 1},
		"version 1": {map[string]string{
			"proc/self/cgroup": "5:devices:/x\n4:cpu,memory:/a/b\n0::/\n", "proc/self/mountinfo": v1,
			"sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/a/b/memory.usage_in_bytes": "1\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes":   "3221225472\n",
			"sys/fs/cgroup/memory/a/memory.usage_in_bytes":   "2147483648\n",
			"sys/fs/cgroup/memory/a/memory.stat":             "cache 1\ntotal_inactive_file 1073741824\n",
		}, 2 * gib},
		"version 1, in a container": {map[string]string{
			"proc/self/cgroup":                           "4:memory:/docker/123\n",
			"proc/self/mountinfo":                        "35 30 0:32 /docker/123 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "0\n",
		}, 2 * gib},
		"nonsense": {map[string]string{
			"proc/self/cgroup": "x\n::\n0::\n4:memory:..\n", "proc/self/mountinfo": "a - b\n - \n" + v1 + v2,
		}, 16 * gib},
	} {
		files := fstest.MapFS{"proc/meminfo": {Data: []byte(meminfo)}}
		for path, text := range c.files {
			files[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := availableMemory(files); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
	if got := availableMemory(fstest.MapFS{}); got != 0 {
		t.Errorf("%d bytes where nothing is known", got)
	}
	if got := AvailableMemory(); got < 1<<20 {
		t.Errorf("%d bytes here", got)
	}
}

// What a container shows as /proc and /sys is outside input, too.
func FuzzAvailableMemory(f *testing.F) {
	f.Add("MemAvailable: 16777216 kB\n", "0::/a\n", v2, "4096\n", "1\n", "inactive_file 7\n")
	f.Add("MemAvailable: 1 kB\n", "4:cpu,memory:/../a\n0::\n", v1+v2, "max\n", "-1\n", "total_inactive_file 9223372036854775807\n")
	f.Add("MemAvailable: 9223372036854775807 kB\n", "0::..\n", "1 2 3 / . - cgroup2 x y\n", "", "", "")
	f.Fuzz(func(t *testing.T, meminfo, cgroup, mountinfo, limit, usage, stat string) {
		files := fstest.MapFS{}
		for path, text := range map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": cgroup, "proc/self/mountinfo": mountinfo,
			"sys/fs/cgroup/memory.max": limit, "sys/fs/cgroup/memory.current": usage, "sys/fs/cgroup/memory.stat": stat,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": limit, "sys/fs/cgroup/memory/memory.usage_in_bytes": usage, "sys/fs/cgroup/memory/memory.stat": stat,
		} {
			files[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := availableMemory(files); got < 0 {
			t.Errorf("%d bytes", got)
		}
	})
}
