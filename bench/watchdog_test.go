package bench

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchdog(t *testing.T) {
	for name, c := range map[string]struct {
		usual, long time.Duration
		want        []string
	}{
		"a hang": {time.Second, time.Minute, []string{
			"step 61 has taken 20s so far, the median is 1s: is the machine busy with something else, or out of memory?",
			"that step took 1m0s; going on"}},
		"slow":          {time.Second, 19 * time.Second, nil},
		"a short delay": {time.Millisecond, time.Second, nil},
		"short steps": {time.Millisecond, 3 * time.Second, []string{
			"step 61 has taken 2s so far, the median is 1ms: is the machine busy with something else, or out of memory?",
			"that step took 3s; going on"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l log
				w := watchdog{note: l.note}
				for step := range 62 {
					w.begin(step)
					if step == 60 {
						time.Sleep(c.long)
					} else {
						time.Sleep(c.usual)
					}
					w.end()
				}
				if got, want := strings.Join(l.notes, "\n"), strings.Join(c.want, "\n"); got != want {
					t.Errorf("notes\n%s\nwant\n%s", got, want)
				}
			})
		})
	}
}

// A hang is told of while it lasts; one in the first steps is not known for one.
func TestWatchdogSpeaksInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l log
		w := watchdog{note: l.note}
		for step := range 10 {
			w.begin(step)
			time.Sleep(time.Second)
			w.end()
		}
		w.begin(10)
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if !l.contains("step 11 has taken") {
			t.Errorf("notes %v", l.notes)
		}
		w.end()
		first := watchdog{note: l.note}
		l.notes = nil
		first.begin(0)
		time.Sleep(time.Hour)
		first.end()
		if len(l.notes) > 0 {
			t.Errorf("notes %v", l.notes)
		}
	})
}
