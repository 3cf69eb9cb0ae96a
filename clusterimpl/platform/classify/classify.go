// Package classify puts transaction memos into categories with multinomial naive Bayes,
// trained on the labelled memos that are embedded here.
//
// Source: C. D. Manning, P. Raghavan & H. Schütze, Introduction to Information Retrieval,
// chapter 13 (figure 13.2: multinomial model, Laplace smoothing, sums of logarithms). Words
// that no training memo holds are left out. The scores become probabilities by the softmax,
// which for sums of logarithms is the posterior of the model.
package classify

import (
	"cmp"
	_ "embed"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed data/memos.tsv
var memos string

// MaxText bounds what is read of a text, in bytes.
const MaxText = 4 << 10

// ranks is the number of categories that a result names.
const ranks = 3

// Example is a memo whose category is known.
type Example struct{ Text, Label string }

// Result is the category of a text.
type Result struct {
	Label       string   `json:"label"`
	Probability float64  `json:"probability"` // in the range (0, 1], of the label under the model
	Ranking     []Ranked `json:"ranking"`     // the most probable ones, best first
}

// Ranked is a category with its probability.
type Ranked struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// Model is a trained classifier. It does not change, and may be used by several goroutines.
type Model struct {
	labels []string             // in alphabetical order
	prior  []float64            // logarithm, by label
	words  map[string][]float64 // logarithm of the probability of a word, by label
}

// Examples are the embedded memos.
func Examples() []Example {
	examples, err := read(memos)
	if err != nil { // the memos are part of the program
		panic(err)
	}
	return examples
}

// read reads labelled texts: a header, then label and text separated by a tab.
func read(table string) ([]Example, error) {
	var examples []Example
	number := 0
	for line := range strings.Lines(table) {
		number++
		label, text, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if !ok || label == "" || !hasWord(text) {
			return nil, fmt.Errorf("line %d: it is not a labelled text, allowed: a label, a tab and a text", number)
		}
		if number > 1 {
			examples = append(examples, Example{Text: text, Label: label})
		}
	}
	return examples, nil
}

// Default is the model trained on all of [Examples], once.
var Default = sync.OnceValue(func() *Model { return Train(Examples()) })

// Train trains a model on at least one example.
func Train(examples []Example) *Model {
	m := &Model{words: map[string][]float64{}}
	for _, e := range examples {
		m.labels = append(m.labels, e.Label)
	}
	slices.Sort(m.labels)
	m.labels = slices.Compact(m.labels)
	m.prior = make([]float64, len(m.labels))
	total := make([]float64, len(m.labels)) // number of words, by label
	for _, e := range examples {
		label, _ := slices.BinarySearch(m.labels, e.Label)
		m.prior[label]++
		for word := range words(e.Text) {
			if m.words[word] == nil {
				m.words[word] = make([]float64, len(m.labels))
			}
			m.words[word][label]++
			total[label]++
		}
	}
	for label := range m.labels {
		m.prior[label] = math.Log(m.prior[label] / float64(len(examples)))
		for _, counts := range m.words {
			counts[label] = math.Log((counts[label] + 1) / (total[label] + float64(len(m.words))))
		}
	}
	return m
}

// Classify finds the category of a text, of which it reads the first [MaxText] bytes. Of
// equally probable ones the first in the alphabet is taken; a text without a known word has
// the categories' own frequencies.
func (m *Model) Classify(text string) Result {
	scores := slices.Clone(m.prior)
	for word := range words(text[:min(len(text), MaxText)]) {
		for label, p := range m.words[word] {
			scores[label] += p
		}
	}
	best := slices.Max(scores)
	sum := 0.0
	for label, score := range scores {
		scores[label] = math.Exp(score - best) // relative to the best, which does not underflow
		sum += scores[label]
	}
	ranking := make([]Ranked, len(scores))
	for label, score := range scores {
		ranking[label] = Ranked{Label: m.labels[label], Probability: score / sum}
	}
	slices.SortStableFunc(ranking, func(a, b Ranked) int { return cmp.Compare(b.Probability, a.Probability) })
	return Result{
		Label: ranking[0].Label, Probability: ranking[0].Probability, Ranking: ranking[:min(ranks, len(ranking))],
	}
}

// words are those of a text in lower case. Numbers, and letters that stand alone, say
// nothing about a category.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.FieldsFuncSeq(
			strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) },
		) {
			if utf8.RuneCountInString(word) > 1 && !yield(word) {
				return
			}
		}
	}
}

func hasWord(text string) bool {
	for range words(text) {
		return true
	}
	return false
}
