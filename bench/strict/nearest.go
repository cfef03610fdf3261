package strict

// Nearest is the candidate that takes the fewest edits (a letter inserted,
// dropped, replaced, or two neighbours swapped) to become from word; false if
// even that one has hardly anything in common with it. The first of equals wins.
func Nearest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", -1
	for _, c := range candidates {
		if d := distance(word, c); bestDistance < 0 || d < bestDistance {
			best, bestDistance = c, d
		}
	}
	// More than half of the letters changed is another word, not a misspelling.
	if bestDistance < 0 || 2*bestDistance > max(len([]rune(word)), len([]rune(best))) {
		return "", false
	}
	return best, true
}

// distance of Damerau and Levenshtein in its restricted form (optimal string
// alignment): no letter is edited twice.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	// Three rows suffice: the current one and the two above it.
	above2, above, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], above2[j-2]+1)
			}
		}
		above2, above, row = above, row, above2
	}
	return above[len(t)]
}
