package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const mib = 1 << 20

// A setter reads a value into a field, and says whether it is allowed. A configuration with a value that
// is not allowed is thrown away: what its field holds does not matter.
type setter func(c *Config, value string) (allowed bool)

// setMode reads the mode; auto is decided once everything has been read.
func setMode(c *Config, value string) bool {
	c.ClusterMode = value == "true"
	if value == "auto" {
		c.ModeReason = "auto"
	}
	return slices.Contains([]string{"true", "false", "auto"}, value)
}

func setInt(field func(*Config) *int, low, high int) setter {
	return func(c *Config, value string) bool {
		n, err := strconv.Atoi(value)
		*field(c) = n
		return err == nil && low <= n && n <= high
	}
}

func setOneOf[T ~string](field func(*Config) *T, allowed ...T) setter {
	return func(c *Config, value string) bool {
		*field(c) = T(value)
		return slices.Contains(allowed, T(value))
	}
}

func setDuration(field func(*Config) *time.Duration, low, high time.Duration, zero bool) setter {
	return func(c *Config, value string) bool {
		d, err := time.ParseDuration(value)
		*field(c) = d
		return err == nil && d <= high && (d >= low || zero && d == 0)
	}
}

func setControl(c *Config, value string) bool {
	c.Control = value
	return value == "" || value == NoControl || filepath.IsAbs(value) && len(value) <= 100
}

func setProfile(c *Config, value string) bool {
	c.Profile = value
	return value == "" || filepath.IsAbs(value)
}

// setMemory reads a number of MiB; like the guide it takes MB for MiB and GB for GiB.
func setMemory(c *Config, value string) bool {
	text, factor := strings.ToUpper(value), int64(1)
	if t, ok := strings.CutSuffix(text, "GB"); ok {
		text, factor = t, 1024
	} else {
		text = strings.TrimSuffix(text, "MB")
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	c.Memory = n * factor * mib
	return err == nil && n*factor >= 16 && n*factor <= 1<<20
}

func setHost(c *Config, value string) bool {
	c.Host = value
	return !strings.ContainsAny(value, " /\t\r\n\x00") && !strings.Contains(value, "://")
}

func setDebug(c *Config, value string) bool {
	c.Debug = value
	return !strings.ContainsFunc(value, unicode.IsControl)
}

func setURL(field func(*Config) *string, prefixes ...string) setter {
	return func(c *Config, value string) bool {
		*field(c) = value
		known := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(value, p) })
		_, err := url.Parse(value)
		return value == "" || err == nil && known
	}
}

func setPrefix(c *Config, value string) bool {
	c.RedisPrefix = value
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	return len(value) <= 64 && !strings.ContainsFunc(value, odd)
}

func setSeed(c *Config, value string) bool {
	n, err := strconv.ParseUint(value, 10, 64)
	c.Seed = n
	return err == nil
}

// masked hides the password of a URL, so that it does not end up in a log.
func masked(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return value
	}
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return value
	}
	user, _, secret := strings.Cut(rest[:at], ":")
	if !secret {
		return value
	}
	return scheme + "://" + user + ":***" + rest[at:]
}
