//go:build long

package main

// kills that each kind of run survives.
const kills = 40
