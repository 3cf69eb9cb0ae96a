package form

import (
	"fmt"
	"strings"
)

// DidYouMean offers the candidate that is nearest to a misspelt word: `, did you
// mean "rate"?`; it is empty when none is near.
func DidYouMean(word string, candidates []string) string {
	if best, ok := Nearest(word, candidates); ok {
		return fmt.Sprintf(", did you mean %q?", best)
	}
	return ""
}

// Nearest returns the candidate with the smallest edit distance to the word, letter
// case aside, if no more than a third of the word (at least one letter) is wrong.
func Nearest(word string, candidates []string) (string, bool) {
	const longest = 64 // a longer word is no misspelling
	if word == "" || len(word) > longest {
		return "", false
	}
	best, least := "", max(1, len([]rune(word))/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least && d < len([]rune(word)) {
			best, least = c, d
		}
	}
	return best, best != ""
}

// distance is the number of letters to insert, delete, replace or swap with their
// neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	d := make([][]int, len(s)+1)
	for i := range d {
		d[i] = make([]int, len(t)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			replace := d[i-1][j-1]
			if s[i-1] != t[j-1] {
				replace++
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, replace)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(s)][len(t)]
}
