package classify

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The worked example of Manning, Raghavan & Schütze, table 13.1 and example 13.1.
func TestTheTextbookExample(t *testing.T) {
	m := Train([]Example{
		{"Chinese Beijing Chinese", "china"}, {"Chinese Chinese Shanghai", "china"}, {"Chinese Macao", "china"},
		{"Tokyo Japan Chinese", "japan"},
	})
	assert.InDelta(t, 3.0/7, math.Exp(m.words["chinese"][0]), 1e-12)
	assert.InDelta(t, 1.0/14, math.Exp(m.words["tokyo"][0]), 1e-12)
	assert.InDelta(t, 2.0/9, math.Exp(m.words["japan"][1]), 1e-12)
	r := m.Classify("Chinese Chinese Chinese Tokyo Japan")
	china := 3.0 / 4 * math.Pow(3.0/7, 3) / 14 / 14
	japan := 1.0 / 4 * math.Pow(2.0/9, 5)
	assert.Equal(t, "china", r.Label)
	assert.InDelta(t, china/(china+japan), r.Probability, 1e-12)
}

// Every memo is held out once, by a model trained on the other four fifths.
func TestHeldOutMemosAreMostlyClassifiedRight(t *testing.T) {
	examples := Examples()
	require.GreaterOrEqual(t, len(examples), 300)
	const folds = 5
	byLabel, largest := map[string]int{}, 0
	for _, e := range examples {
		byLabel[e.Label]++
		largest = max(largest, byLabel[e.Label])
	}
	baseline := float64(largest) / float64(len(examples))
	for seed := range uint64(5) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(examples),
			func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
		right := 0
		for fold := range folds {
			var train, held []Example
			for i, e := range examples {
				if i%folds == fold {
					held = append(held, e)
				} else {
					train = append(train, e)
				}
			}
			m := Train(train)
			for _, e := range held {
				if m.Classify(e.Text).Label == e.Label {
					right++
				}
			}
		}
		accuracy := float64(right) / float64(len(examples))
		t.Logf("seed %d: accuracy %.3f, always the commonest %.3f", seed, accuracy, baseline)
		assert.Greater(t, accuracy, 0.75)
		assert.Greater(t, accuracy, 3*baseline)
	}
}

func TestNoMemoIsThereTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Examples() {
		text := strings.Join(slices.Collect(words(e.Text)), " ")
		assert.False(t, seen[text], "%q would be held out and trained on at once", e.Text)
		seen[text] = true
	}
}

func TestUnknownWordsLeaveTheFrequenciesOfTheCategories(t *testing.T) {
	m := Train([]Example{
		{"rent april", "rent"}, {"rent may", "rent"}, {"rent june", "rent"}, {"train ticket", "travel"},
	})
	for _, text := range []string{"", "qwzx vbnm", "1234 5 !", "a é 漢"} {
		r := m.Classify(text)
		assert.Equal(t, "rent", r.Label)
		assert.InDelta(t, 0.75, r.Probability, 1e-12)
	}
	assert.Equal(t, m.Classify("train ticket"), m.Classify("qwzx train 17 ticket!"))
}

func TestOnlyTheBeginningOfALongTextIsRead(t *testing.T) {
	m := Default()
	start := "rent " + strings.Repeat(" ", MaxText-len("rent ")-1)
	assert.Equal(t, m.Classify("rent"), m.Classify(start+"€ sushi restaurant dinner"), "the bound cuts a character")
	assert.Equal(t, m.Classify("rent"), m.Classify(start+" sushi restaurant dinner"))
	assert.NotEqual(t, m.Classify("rent"), m.Classify("rent sushi restaurant dinner"))
	many := m.Classify(strings.Repeat("rent ", 1_000_000))
	assert.Equal(t, "rent", many.Label)
	assert.InDelta(t, 1, many.Probability, 1e-12)
}

func TestAResultRendersInOneWay(t *testing.T) {
	m := Train([]Example{{"rent", "rent"}, {"train", "travel"}})
	rendered, err := json.Marshal(m.Classify("x1"))
	require.NoError(t, err)
	assert.Equal(t, `{"label":"rent","probability":0.5,"ranking":[{"label":"rent","probability":0.5},{"label":"travel","probability":0.5}]}`, string(rendered))
	again := Train(Examples())
	for _, e := range Examples() {
		require.Equal(t, Default().Classify(e.Text), again.Classify(e.Text))
	}
}

func TestProbabilitiesOfARanking(t *testing.T) {
	m := Default()
	assert.Equal(t, []string{"dining", "entertainment", "groceries", "health", "rent", "salary", "travel", "utilities"},
		m.labels)
	for _, text := range []string{"weekly supermarket shop", "", "zzz 123", strings.Repeat("rent ", 200), "ÄÖ 日本"} {
		r := m.Classify(text)
		require.Len(t, r.Ranking, ranks)
		assert.Equal(t, r.Label, r.Ranking[0].Label)
		assert.Equal(t, r.Probability, r.Ranking[0].Probability)
		assert.GreaterOrEqual(t, r.Ranking[0].Probability, r.Ranking[1].Probability)
		assert.GreaterOrEqual(t, r.Ranking[1].Probability, r.Ranking[2].Probability)
	}
	assert.Equal(t, "groceries", m.Classify("Weekly SUPERMARKET shop!").Label)
}

func TestALineThatIsNoExampleIsRefused(t *testing.T) {
	for _, table := range []string{"label\ttext\nrent", "label\ttext\n\tx y", "label\ttext\nrent\t1 2"} {
		_, err := read(table)
		assert.ErrorContains(t, err, "line 2: ")
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("rent april")
	f.Add("")
	f.Add("\xff\x00 ﷽")
	f.Add(strings.Repeat("İ", MaxText/2) + "€")
	f.Fuzz(func(t *testing.T, text string) {
		r := Default().Classify(text)
		assert.False(t, math.IsNaN(r.Probability) || r.Probability <= 0 || r.Probability > 1)
		assert.Contains(t, Default().labels, r.Label)
		assert.Len(t, r.Ranking, ranks)
	})
}

func BenchmarkClassify(b *testing.B) {
	m := Default()
	for name, text := range map[string]string{
		"memo": "monthly rent for the apartment downtown, paid to the landlord",
		"4KiB": strings.Repeat("monthly rent for the apartment downtown, paid to the landlord ", 67)[:MaxText],
	} {
		b.Run("text="+name, func(b *testing.B) {
			for b.Loop() {
				_ = m.Classify(text)
			}
		})
	}
}
