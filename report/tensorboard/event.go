package tensorboard

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The few fields that are needed of tensorflow/core/util/event.proto and
// framework/summary.proto.
const (
	eventWallTime    protowire.Number = 1 // double, seconds since 1970
	eventStep        protowire.Number = 2 // int64
	eventFileVersion protowire.Number = 3 // string
	eventSummary     protowire.Number = 5 // Summary
	summaryValue     protowire.Number = 1 // repeated Value
	valueTag         protowire.Number = 1 // string
	valueSimple      protowire.Number = 2 // float
)

type scalar struct {
	tag   string
	value float64
}

// fileVersion is the event that a file begins with.
func fileVersion(at time.Time) []byte {
	b := appendTime(nil, at)
	b = protowire.AppendTag(b, eventFileVersion, protowire.BytesType)
	return protowire.AppendString(b, "brain.Event:2")
}

// summary is an event of scalars at a step.
func summary(at time.Time, step int64, scalars []scalar) []byte {
	b := appendTime(nil, at)
	b = protowire.AppendTag(b, eventStep, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(step))
	var s []byte
	for _, v := range scalars {
		var value []byte
		value = protowire.AppendTag(value, valueTag, protowire.BytesType)
		value = protowire.AppendString(value, v.tag)
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(v.value)))
		s = protowire.AppendTag(s, summaryValue, protowire.BytesType)
		s = protowire.AppendBytes(s, value)
	}
	b = protowire.AppendTag(b, eventSummary, protowire.BytesType)
	return protowire.AppendBytes(b, s)
}

func appendTime(b []byte, at time.Time) []byte {
	b = protowire.AppendTag(b, eventWallTime, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, math.Float64bits(float64(at.UnixNano())/1e9))
}

// writeFrame writes an event as a TFRecord: its length, the length's checksum,
// the event, its checksum.
func writeFrame(out *bytes.Buffer, event []byte) {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(event)))
	out.Write(length[:])
	writeChecksum(out, length[:])
	out.Write(event)
	writeChecksum(out, event)
}

func writeChecksum(out *bytes.Buffer, data []byte) {
	var sum [4]byte
	binary.LittleEndian.PutUint32(sum[:], checksum(data))
	out.Write(sum[:])
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is TFRecord's: CRC-32C, masked so that the checksum of data which
// holds checksums is a good one (tsl/lib/hash/crc32c.h).
func checksum(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
