package results

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// exported has every kind of record, with awkward text and numbers.
func exported() Records {
	rs := tableRecords()
	rs[0].Calibration = &Calibration{Budget: 60, StepSeconds: 0.1 + 0.2, Steps: 200}
	rs[0].WeightsHash = "abc"
	rs[1].Error = "two\nlines, \"quotes\" and 100 %"
	rs[2].ValidBPC = 2.0 / 3
	rs[2].Spec = []byte(`{"model":{"system":"hourglass","attention":{"1":"window(64)","3":"relative"},"hierarchy":"1@1,4@3,1@1"},"seed":18446744073709551615}`)
	return rs
}

func TestJSONLRoundTrip(t *testing.T) {
	rs := exported()
	var out bytes.Buffer
	if err := WriteJSONL(&out, rs); err != nil {
		t.Fatal(err)
	}
	got, ws, err := parse(&out, "x")
	if err != nil || len(ws) > 0 {
		t.Fatal(ws, err)
	}
	if d := cmp.Diff(rs, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestParquetRoundTrip(t *testing.T) {
	want := exported().Rows()
	var out bytes.Buffer
	if err := WriteParquet(&out, exported()); err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[Row](bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i].Time = got[i].Time.UTC()
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestCSVRoundTrip(t *testing.T) {
	want := exported().Rows()
	var out bytes.Buffer
	if err := WriteCSV(&out, exported()); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if head := lines[0]; head[0] != "id" || !slices.Contains(head, "valid_bpc") || !slices.Equal(head, columnNames()) {
		t.Errorf("header %q", head)
	}
	var got []Row
	for _, cells := range lines[1:] {
		var row Row
		v := reflect.ValueOf(&row).Elem()
		for i, cell := range cells {
			field := v.Field(i)
			if cell == "" && optional(v.Type().Field(i)) {
				continue
			}
			switch p := field.Addr().Interface().(type) {
			case *time.Time:
				*p, err = time.Parse(time.RFC3339Nano, cell)
			case *string:
				*p = cell
			case *float64:
				*p, err = strconv.ParseFloat(cell, 64)
			case *int64:
				*p, err = strconv.ParseInt(cell, 10, 64)
			case *uint64:
				*p, err = strconv.ParseUint(cell, 10, 64)
			case *bool:
				*p, err = strconv.ParseBool(cell)
			default:
				t.Fatalf("no way to read a %T", p)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, row)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// What was not measured is told as that: absent, empty, null; never as 0.
func TestExportsOfUnknown(t *testing.T) {
	rs := exported()[:1]
	rs[0] = Record{ID: "planned", Status: Done, Spec: rs[0].Spec, Parameters: 7, Memory: Memory{Planned: rs[0].Memory.Planned}}
	var lines, table, file bytes.Buffer
	for _, err := range []error{WriteJSONL(&lines, rs), WriteCSV(&table, rs), WriteParquet(&file, rs)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cells, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	type nullable struct {
		ValidBPC   *float64 `parquet:"valid_bpc"`
		Seconds    *float64 `parquet:"seconds"`
		Context    *int64   `parquet:"eval_context"`
		Parameters *int64   `parquet:"parameters"`
	}
	values, err := parquet.Read[nullable](bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if v := values[0]; v.ValidBPC != nil || v.Seconds != nil || v.Context != nil || v.Parameters == nil || *v.Parameters != 7 {
		t.Errorf("Parquet has %+v", v)
	}
	for _, key := range []string{"valid_bpc", "test_bpc", "test_stderr", "seconds", "tokens_per_second", "share_of_peak", "idle"} {
		if strings.Contains(lines.String(), `"`+key+`"`) {
			t.Errorf("JSON has %s: %s", key, lines.String())
		}
		if key == "idle" {
			key = "idle_bytes"
		}
		if got := cells[1][slices.Index(cells[0], key)]; got != "" {
			t.Errorf("CSV has %s %q", key, got)
		}
	}
	if got := cells[1][slices.Index(cells[0], "parameters")]; got != "7" {
		t.Errorf("CSV has parameters %q", got)
	}
}

func TestColumnNamesAreUnique(t *testing.T) {
	names := columnNames()
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) || slices.Contains(names, "") {
		t.Errorf("%q", names)
	}
}

func TestExportsOfNothing(t *testing.T) {
	var out bytes.Buffer
	for _, err := range []error{WriteJSONL(&out, nil), WriteCSV(&out, nil), WriteParquet(&out, nil), WriteBench(&out, nil)} {
		if err != nil {
			t.Error(err)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("disk is full") }

func TestExportErrors(t *testing.T) {
	rs := exported()
	for name, err := range map[string]error{
		"JSONL": WriteJSONL(failing{}, rs), "CSV": WriteCSV(failing{}, rs),
		"Parquet": WriteParquet(failing{}, rs), "bench": WriteBench(failing{}, rs),
	} {
		if err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
