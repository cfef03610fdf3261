package results

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// WriteJSONL writes the records as they are stored, one JSON object a line.
func WriteJSONL(w io.Writer, records Records) error {
	for _, r := range records {
		line, err := encode(r)
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("write JSON lines: %w", err)
		}
	}
	return nil
}

// WriteCSV writes a header and one Row a record, in the form of RFC 4180.
// Figures have all their digits, times are RFC 3339, and what was not measured is
// an empty cell.
func WriteCSV(w io.Writer, records Records) error {
	out := csv.NewWriter(w)
	if err := out.Write(columnNames()); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for _, row := range records.Rows() {
		v := reflect.ValueOf(row)
		cells := make([]string, v.NumField())
		for i := range cells {
			field := v.Field(i)
			t, isTime := field.Interface().(time.Time)
			switch {
			case isTime:
				cells[i] = t.Format(time.RFC3339Nano)
			case field.IsZero() && optional(v.Type().Field(i)):
				cells[i] = ""
			default:
				cells[i] = fmt.Sprint(field) // the shortest text that reads back as the same number
			}
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// optional says whether a column of Row has no value where it is 0.
func optional(f reflect.StructField) bool {
	return strings.HasSuffix(f.Tag.Get("parquet"), ",optional")
}

// columnNames of Row, as its tags give them.
func columnNames() []string {
	t := reflect.TypeFor[Row]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("parquet"), ",")
	}
	return names
}

// WriteParquet writes one Row a record as a Parquet file, for DuckDB, pandas,
// Polars and their like.
func WriteParquet(w io.Writer, records Records) error {
	out := parquet.NewGenericWriter[Row](w, parquet.Compression(&parquet.Zstd))
	if _, err := out.Write(records.Rows()); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}
