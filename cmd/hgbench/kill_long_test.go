//go:build long

package main

// kills of each kind of run that TestKilled survives.
const kills = 25
