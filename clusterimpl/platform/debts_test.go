package platform

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestADebtThatGrewWhileItWasPaidIsStillOwed(t *testing.T) {
	var d debts
	assert.False(t, d.any())
	d.add(1)
	d.add(2)
	list := d.some(10)
	d.add(2) // another transfer, whose mark failed meanwhile
	d.paid(list)
	assert.False(t, d.has(1))
	assert.True(t, d.has(2))
	d.paid(d.some(10))
	assert.False(t, d.any())
	for id := range int64(5) {
		d.add(id)
	}
	assert.Len(t, d.some(3), 3)
}
