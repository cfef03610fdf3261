//go:build !amd64 || purego

package cpu

func attentionRowsISA(ISA) *attentionRows[float32] { return nil }
