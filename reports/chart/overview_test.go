package chart

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheCapacityIsToldWithItsHeadroom(t *testing.T) {
	assert.Equal(t, "capacity 7,500 (1.50×)", spot{x: 5000, capacity: 7500}.capacityText())
	assert.Equal(t, "capacity ≥ 1,600 (≥ 16.00×)", spot{x: 100, capacity: 1600, atLeast: true}.capacityText())
	assert.Equal(t, "capacity 7,500", spot{capacity: 7500}.capacityText(), "nothing is documented")
}
