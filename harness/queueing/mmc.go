package queueing

import "math"

// MMC is a queue with Poisson arrivals, exponential service times and equal servers that
// take waiting requests in the order of their arrival. Make it with [NewMMC].
//
// Its waiting time has the tail P(W > t) = C·e^(-(cμ-λ)t), with Erlang's C; the response
// time is that plus an independent service time. Source: Kleinrock, Queueing Systems,
// Volume 1, section 3.5; Harchol-Balter, Performance Modeling and Design, section 14.3.
type MMC struct {
	servers int
	lambda  float64 // arrivals, 1/s
	mu      float64 // services of one server, 1/s
	wait    float64 // Erlang C
}

// NewMMC returns the queue with c servers in the range [1, [MaxServers]], an arrival rate
// in 1/s, at least 0, and a mean service time in seconds, above 0.
func NewMMC(c int, rate, service float64) (MMC, error) {
	switch {
	case c < 1 || c > MaxServers:
		return MMC{}, problem("servers", c, "1 to 1000000")
	case !(rate >= 0) || math.IsInf(rate, 1):
		return MMC{}, problem("arrival rate", rate, "a finite number of at least 0, per second")
	case !(service > 0) || math.IsInf(service, 1):
		return MMC{}, problem("mean service time", service, "a finite number above 0, in seconds")
	}
	return MMC{servers: c, lambda: rate, mu: 1 / service, wait: ErlangC(c, rate*service)}, nil
}

// Utilization is ρ = λ/(cμ), the share of time that a server is busy; 1 or more where the
// queue grows without end.
func (q MMC) Utilization() float64 { return q.lambda / (float64(q.servers) * q.mu) }

// Stable reports whether the queue does not grow without end: ρ < 1.
func (q MMC) Stable() bool { return q.Utilization() < 1 }

// WaitProbability is the share of requests that have to wait, Erlang's C, in the range [0,1].
func (q MMC) WaitProbability() float64 { return q.wait }

// drain is cμ-λ, the rate at which a queue of waiting requests shrinks, in 1/s.
func (q MMC) drain() float64 { return float64(q.servers)*q.mu - q.lambda }

// MeanWait is the mean time before service, in seconds; +Inf when the queue is not stable.
func (q MMC) MeanWait() float64 {
	if !q.Stable() {
		return math.Inf(1)
	}
	return q.wait / q.drain()
}

// MeanResponse is the mean time from arrival to departure, in seconds.
func (q MMC) MeanResponse() float64 { return q.MeanWait() + 1/q.mu }

// MeanQueue is the mean number of waiting requests, by Little's law.
func (q MMC) MeanQueue() float64 { return Little(q.lambda, q.MeanWait()) }

// MeanInSystem is the mean number of requests waiting or in service, by Little's law.
func (q MMC) MeanInSystem() float64 { return Little(q.lambda, q.MeanResponse()) }

// ResponseTail is the share of requests that take longer than t seconds from arrival to
// departure, in the range [0,1]:
//
//	P(R > t) = e^(-μt) · (1 + C·μ·(1-e^(-(θ-μ)t))/(θ-μ)),  θ = cμ-λ
//
// which is the convolution of waiting and service. The fraction tends to t as θ → μ, and
// is computed without cancellation there.
func (q MMC) ResponseTail(t float64) float64 {
	switch {
	case !q.Stable() || t < 0:
		return 1
	case t == 0:
		return 1
	}
	d := q.drain() - q.mu
	if d*t < -1 { // both exponentials decay: keep e^(+large) out
		return math.Exp(-q.mu*t) + q.wait*q.mu*(math.Exp(-q.mu*t)-math.Exp(-q.drain()*t))/d
	}
	held := t
	if d != 0 {
		held = -math.Expm1(-d*t) / d
	}
	return math.Exp(-q.mu*t) * (1 + q.wait*q.mu*held)
}

// ResponseQuantile is the response time in seconds that the share p of requests does not
// exceed, p in the range [0,1), e.g. 0.99; +Inf when the queue is not stable, NaN for another p.
func (q MMC) ResponseQuantile(p float64) float64 {
	switch {
	case !(p >= 0 && p < 1):
		return math.NaN()
	case !q.Stable():
		return math.Inf(1)
	case p == 0:
		return 0
	}
	high := 1 / q.mu
	for q.ResponseTail(high) > 1-p {
		high *= 2
	}
	return bisect(0, high, func(t float64) bool { return q.ResponseTail(t) > 1-p })
}

// bisect is where low no longer holds, between low, where it does, and high, where it does not.
func bisect(low, high float64, holds func(float64) bool) float64 {
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high { // nothing lies between them any more
			return high
		}
		if holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
}

// MaxRate is the highest arrival rate in 1/s at which the share p of requests, in the
// range (0,1), is answered within bound seconds by c servers with the given mean service
// time in seconds; 0 when no rate is low enough, because service alone takes longer.
func MaxRate(c int, service, p, bound float64) (float64, error) {
	if !(p > 0 && p < 1) {
		return 0, problem("share", p, "a number above 0 and below 1")
	}
	if _, err := NewMMC(c, 0, service); err != nil {
		return 0, err
	}
	meets := func(rate float64) bool {
		q, err := NewMMC(c, rate, service)
		return err == nil && q.ResponseTail(bound) <= 1-p && q.Stable()
	}
	if !meets(0) {
		return 0, nil
	}
	return bisect(0, float64(c)/service, meets), nil
}
