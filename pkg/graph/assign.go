package graph

// Assign writes x into a state, for the next run to read. Inputs: x, state.
type Assign struct{}

// Assign stores x in state. It belongs after everything that reads the state.
func (g *Graph) Assign(state, x *Value) {
	check(state.Role == State && sameShape(state, x), "assign %v to %v", x, state)
	g.emit(Assign{}, []*Value{x, state})
}

// VJP: nothing flows into the next run.
func (Assign) VJP(*Tape, *Node) {}

// Effect marks a node that counts although nothing reads its outputs.
func (Assign) Effect() {}
