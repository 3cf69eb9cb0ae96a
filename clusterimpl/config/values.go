package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// errRefused says that a value is not allowed; which are, the table says.
var errRefused = errors.New("value is not allowed")

const mib = 1 << 20

// setMode reads the mode; auto is decided once everything has been read.
func setMode(c *Config, value string) error {
	switch value {
	case "true", "false":
		c.ClusterMode = value == "true"
	case "auto":
		c.ModeReason = "auto"
	default:
		return errRefused
	}
	return nil
}

func setInt(field func(*Config) *int, low, high int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < low || n > high {
			return errRefused
		}
		*field(c) = n
		return nil
	}
}

func setOneOf[T ~string](field func(*Config) *T, allowed ...T) func(*Config, string) error {
	return func(c *Config, value string) error {
		if !slices.Contains(allowed, T(value)) {
			return errRefused
		}
		*field(c) = T(value)
		return nil
	}
}

func setDuration(field func(*Config) *time.Duration, low, high time.Duration, zero bool) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d > high || (d < low && !(zero && d == 0)) {
			return errRefused
		}
		*field(c) = d
		return nil
	}
}

func setControl(c *Config, value string) error {
	if value != "" && value != NoControl && (!filepath.IsAbs(value) || len(value) > 100) {
		return errRefused
	}
	c.Control = value
	return nil
}

func setProfile(c *Config, value string) error {
	if value != "" && !filepath.IsAbs(value) {
		return errRefused
	}
	c.Profile = value
	return nil
}

// setMemory reads a number of MiB; like the guide it takes MB for MiB and GB for GiB.
func setMemory(c *Config, value string) error {
	text, factor := strings.ToUpper(value), int64(1)
	if t, ok := strings.CutSuffix(text, "GB"); ok {
		text, factor = t, 1024
	} else if t, ok := strings.CutSuffix(text, "MB"); ok {
		text = t
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil || n*factor < 16 || n*factor > 1<<20 {
		return errRefused
	}
	c.Memory = n * factor * mib
	return nil
}

func setHost(c *Config, value string) error {
	if strings.ContainsAny(value, " /\t\r\n\x00") || strings.Contains(value, "://") {
		return errRefused
	}
	c.Host = value
	return nil
}

func setDebug(c *Config, value string) error {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return errRefused
	}
	c.Debug = value
	return nil
}

func setURL(field func(*Config) *string, prefixes ...string) func(*Config, string) error {
	return func(c *Config, value string) error {
		known := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(value, p) })
		if _, err := url.Parse(value); value != "" && (err != nil || !known) {
			return errRefused
		}
		*field(c) = value
		return nil
	}
}

func setPrefix(c *Config, value string) error {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if len(value) > 64 || strings.ContainsFunc(value, odd) {
		return errRefused
	}
	c.RedisPrefix = value
	return nil
}

func setSeed(c *Config, value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return errRefused
	}
	c.Seed = n
	return nil
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
