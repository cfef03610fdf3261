package tensorboard

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"hgbench/results"
)

// record has three points, the second without validation.
func record() results.Record {
	v1, v3 := 3.5, 2.5
	return results.Record{
		ID: "2abad3da2a69c7a6", Status: results.Done, Time: time.Date(2026, 11, 24, 7, 0, 30, 0, time.UTC),
		Spec: []byte(`{"model":{"system":"hourglass","hierarchy":"1@1,4@3,1@1","attention":"relative"}}`),
		Curve: []results.Point{
			{Step: 10, Tokens: 1000, Seconds: 10, TrainBPC: 4, ValidBPC: &v1},
			{Step: 20, Tokens: 3000, Seconds: 20, TrainBPC: 3},
			{Step: 30, Tokens: 4000, Seconds: 30, TrainBPC: 2.25, ValidBPC: &v3},
		},
		TestBPC: 2.75,
	}
}

// event as it is read back.
type event struct {
	Time    float64
	Step    int64
	Version string
	Scalars map[string]float32
}

// decode reads events as the specification of TFRecord and of the messages has
// them, and fails the test where a checksum is wrong.
func decode(t *testing.T, file []byte) (events []event) {
	t.Helper()
	for len(file) > 0 {
		n := binary.LittleEndian.Uint64(file)
		if got := binary.LittleEndian.Uint32(file[8:]); got != checksum(file[:8]) {
			t.Fatalf("checksum of a length is %08x", got)
		}
		body := file[12 : 12+n]
		if got := binary.LittleEndian.Uint32(file[12+n:]); got != checksum(body) {
			t.Fatalf("checksum of an event is %08x", got)
		}
		events = append(events, decodeEvent(t, body))
		file = file[16+n:]
	}
	return events
}

func decodeEvent(t *testing.T, b []byte) event {
	t.Helper()
	e := event{Scalars: map[string]float32{}}
	fields(t, b, func(n protowire.Number, bits uint64, bytes []byte) {
		switch n {
		case eventWallTime:
			e.Time = math.Float64frombits(bits)
		case eventStep:
			e.Step = int64(bits)
		case eventFileVersion:
			e.Version = string(bytes)
		case eventSummary:
			fields(t, bytes, func(_ protowire.Number, _ uint64, value []byte) {
				var tag string
				var v float32
				fields(t, value, func(n protowire.Number, bits uint64, bytes []byte) {
					switch n {
					case valueTag:
						tag = string(bytes)
					case valueSimple:
						v = math.Float32frombits(uint32(bits))
					}
				})
				e.Scalars[tag] = v
			})
		}
	})
	return e
}

func fields(t *testing.T, b []byte, field func(n protowire.Number, bits uint64, bytes []byte)) {
	t.Helper()
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		b = b[max(n, 0):]
		var bits uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			bits, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			bits = uint64(v)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		field(number, bits, bytes)
		b = b[n:]
	}
}

func TestEvents(t *testing.T) {
	at := float64(record().Time.Unix())
	want := []event{
		{Time: at - 30, Version: "brain.Event:2", Scalars: map[string]float32{}},
		{Time: at - 20, Step: 10, Scalars: map[string]float32{TrainBPC: 4, ValidBPC: 3.5, TokensPerSecond: 100}},
		{Time: at - 10, Step: 20, Scalars: map[string]float32{TrainBPC: 3, TokensPerSecond: 200}},
		{Time: at, Step: 30, Scalars: map[string]float32{TrainBPC: 2.25, ValidBPC: 2.5, TestBPC: 2.75, TokensPerSecond: 100}},
	}
	if diff := cmp.Diff(want, decode(t, Events(record()))); diff != "" {
		t.Error(diff)
	}
}

// The checksum of RFC 3720 (iSCSI) is that of 32 zero bytes, before its mask.
func TestChecksum(t *testing.T) {
	const plain = 0x8a9136aa
	got := checksum(make([]byte, 32)) - 0xa282ead8
	if got = got>>17 | got<<15; got != plain {
		t.Errorf("got %08x, want %08x", got, plain)
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name]*")
	r := record()
	if err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	r.Time = r.Time.Add(time.Hour) // the same run done again
	if err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "hourglass-1@1,4@3,1@1-2abad3da")
	if got := list(t, folder); !slices.Equal(got, []string{fmt.Sprintf("events.out.tfevents.%d.hgbench", r.Time.Unix())}) {
		t.Errorf("the folder has %q", got)
	}
	if err := Write(dir, results.Record{ID: "b", Curve: nil}); err != nil || len(list(t, dir)) != 1 {
		t.Errorf("a run without a curve: %v, %q", err, list(t, dir))
	}
	if err := Write(filepath.Join(folder, list(t, folder)[0]), r); err == nil || !strings.Contains(err.Error(), r.ID) {
		t.Errorf("below a file: %v", err)
	}
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestName(t *testing.T) {
	for spec, want := range map[string]string{
		`{"model":{"system":"transformer","hierarchy":"4@1","attention":"full","positions":"rotary"}}`: "transformer(full,-rotary)-4@1-2abad3da",
		`{"model":{"system":"hourglass","hierarchy":"../..","attention":{"1":"window(64)"}}}`:          "hourglass(1_-window(64))-_____-2abad3da",
		`{}`: "-2abad3da",
	} {
		r := record()
		r.Spec = []byte(spec)
		if got := Name(r); got != want {
			t.Errorf("%s is called %q, want %q", spec, got, want)
		}
	}
}
